// SPDX-License-Identifier: Apache-2.0
/**
 * From the words of a study to the engine library: data, networks, training and measurements of a
 * pack. To add a measurement: a class here, called from {@code Measurements}.
 */
package org.rigor.run.engine;
