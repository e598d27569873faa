// SPDX-License-Identifier: Apache-2.0
/**
 * Kernels for the steps of a plan, compiled by NVRTC and cached on disk. Each {@link
 * org.rigor.exec.cuda.code.StepCode} instantiates the headers of {@code kernels/cuda}, which say
 * how kernels are laid out and why. To add a lowering: a StepCode and its case in {@code
 * StepCode.of}.
 */
package org.rigor.exec.cuda.code;
