// SPDX-License-Identifier: Apache-2.0
/**
 * Data sets by name, generators with known ground truth, and a user's own arrays. All data is
 * checked: finite inputs inside the stated box, labels in range, splits without overlap.
 */
package org.rigor.data;
