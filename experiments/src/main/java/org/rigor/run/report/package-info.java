// SPDX-License-Identifier: Apache-2.0
/** The readable results of a run: tables, figures, one HTML page, and comparisons of two runs. */
package org.rigor.run.report;
