// SPDX-License-Identifier: Apache-2.0
/**
 * Measurements of trained networks. To add one: a class that implements {@link
 * org.rigor.run.measure.Measurement}, its record among the study's measurements, and its line in
 * {@link org.rigor.run.measure.Measurements}.
 */
package org.rigor.run.measure;
