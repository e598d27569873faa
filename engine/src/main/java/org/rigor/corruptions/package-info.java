// SPDX-License-Identifier: Apache-2.0
/**
 * Common corruptions of images (Hendrycks &amp; Dietterich 2019) with the constants with which
 * CIFAR-10-C was generated, and inputs no classifier was made for. All are traced programs: a
 * corrupted image is a function of image, key and sample id alone. To add one: a record that
 * implements {@link org.rigor.corruptions.Corruption}, on the list {@link
 * org.rigor.corruptions.Corruptions#ALL}, which the contract test walks.
 */
package org.rigor.corruptions;
