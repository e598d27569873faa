// SPDX-License-Identifier: Apache-2.0
/**
 * Measurements of trained networks. To add one, write a class that implements {@link
 * org.rigor.run.measure.Measurement}, add its record to the study's measurements, and list it in
 * {@link org.rigor.run.measure.Measurements}.
 */
package org.rigor.run.measure;
