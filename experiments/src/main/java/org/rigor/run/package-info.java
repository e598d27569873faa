// SPDX-License-Identifier: Apache-2.0
/**
 * Code that the command line and the studies share: exit codes, failures, and the service that
 * finds an engine.
 */
package org.rigor.run;
