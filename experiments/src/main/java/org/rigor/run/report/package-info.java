// SPDX-License-Identifier: Apache-2.0
/** What a person reads of a run: tables, figures, one HTML page, and two runs side by side. */
package org.rigor.run.report;
