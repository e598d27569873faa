// SPDX-License-Identifier: Apache-2.0
/**
 * The CPU device: the default where there is no GPU, and the reference. With enough models each
 * thread runs the whole program model by model, without barriers; otherwise the threads share each
 * step. To add a lowering: a {@link org.rigor.exec.cpu.StepKernel}, and its case where an
 * executable is built.
 */
package org.rigor.exec.cpu;
