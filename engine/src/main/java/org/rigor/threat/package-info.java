// SPDX-License-Identifier: Apache-2.0
/**
 * Threat model of an input: the norm of a perturbation, its ball, and the box of valid inputs.
 * Attacks and certificates of one threat speak about the same points.
 */
package org.rigor.threat;
