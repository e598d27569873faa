// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.List;

/**
 * A part of what a property calls unsafe: inputs of a region at which no row is above 0.
 *
 * @param text for messages
 */
record Clause(Region region, List<Row> rows, String text) {}
