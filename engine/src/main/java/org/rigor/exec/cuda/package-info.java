// SPDX-License-Identifier: Apache-2.0
/**
 * The CUDA device, on a GPU or on the emulator: JCuda's driver API, NVRTC and cuBLAS, and nothing
 * of the CUDA runtime. Plans become {@link org.rigor.exec.cuda.StepCode}s, whose kernels
 * instantiate the headers of {@code kernels/cuda}. To add a lowering: a StepCode, and its case in
 * {@code StepCode.of}; how kernels are laid out and why is said in the headers.
 */
package org.rigor.exec.cuda;
