// SPDX-License-Identifier: Apache-2.0
/**
 * Transforms of traced values: both modes of differentiation, and stacking. Results are ordinary
 * values, so transforms compose. Rules live with the operations; to add a transform, write another
 * walk over the nodes here.
 */
package org.rigor.diff;
