// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.util.Map;

/**
 * Output of NVRTC for one source.
 *
 * @param name the source's name, for messages
 * @param image machine code for one architecture: a cubin, or a shared object from the emulator
 * @param lowered the symbol of every name expression
 */
public record CompiledKernels(String name, byte[] image, Map<String, String> lowered) {}
