// SPDX-License-Identifier: Apache-2.0
/**
 * The CPU device: the default where there is no GPU, and the reference. Threads take ranges of
 * models and run whole steps without barriers. To add a lowering: a {@link
 * org.rigor.exec.cpu.StepKernel}, and its case where an executable is built.
 */
package org.rigor.exec.cpu;
