// SPDX-License-Identifier: Apache-2.0
/** Verdicts on properties: attacks on their clauses, exact checks of points, and the search. */
package org.rigor.verify;
