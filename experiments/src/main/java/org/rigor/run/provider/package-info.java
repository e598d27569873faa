// SPDX-License-Identifier: Apache-2.0
/** How the command line finds the engine that runs studies. */
package org.rigor.run.provider;
