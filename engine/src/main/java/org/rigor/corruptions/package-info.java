// SPDX-License-Identifier: Apache-2.0
/**
 * Common corruptions of images (Hendrycks &amp; Dietterich 2019) with the constants with which
 * CIFAR-10-C was generated, and inputs outside a classifier's domain. All are traced programs: a
 * corrupted image depends only on image, key and sample id. To add one, write a record that
 * implements {@link org.rigor.corruptions.Corruption} and add it to {@link
 * org.rigor.corruptions.Corruptions#ALL}, which the contract test covers.
 */
package org.rigor.corruptions;
