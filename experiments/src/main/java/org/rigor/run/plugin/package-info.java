// SPDX-License-Identifier: Apache-2.0
/** What a jar of a user's own adds to studies. */
package org.rigor.run.plugin;
