// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.util.Map;

/**
 * What NVRTC made of one source.
 *
 * @param name the source's name, for messages
 * @param image machine code of one architecture: a cubin, of the emulator a shared object
 * @param lowered the symbol of every name expression
 */
public record CompiledKernels(String name, byte[] image, Map<String, String> lowered) {}
