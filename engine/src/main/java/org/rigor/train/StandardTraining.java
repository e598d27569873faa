// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

/** Training on clean samples. */
public record StandardTraining() implements CrossEntropy {}
