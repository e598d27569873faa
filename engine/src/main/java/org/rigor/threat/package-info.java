// SPDX-License-Identifier: Apache-2.0
/**
 * What an adversary may do to an input: the norm of a perturbation, its ball, and the box of valid
 * inputs. Attacks and certificates of one threat speak about the same points.
 */
package org.rigor.threat;
