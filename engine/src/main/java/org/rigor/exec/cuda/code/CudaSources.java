// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rigor.exec.cuda.loading.CudaFailure;

/** The CUDA C++ files of the kernels module. */
public final class CudaSources {
  private static final List<String> HEADERS =
      List.of("index.cuh", "map.cuh", "mlp.cuh", "mlp_rows.cuh", "reduce.cuh", "rows.cuh");

  private CudaSources() {}

  /** Returns the text of a file of the kernels module, e.g. {@code gather.cu}. */
  static String text(String file) {
    String resource = "/rigor/cuda/" + file;
    try (InputStream in = CudaSources.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new CudaFailure("the class path holds no " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CudaFailure("cannot read " + resource, "", e);
    }
  }

  /** Joins several kernels into one translation unit. */
  public static Nvrtc.Source unit(List<KernelSource> kernels) {
    SortedMap<String, String> headers = new TreeMap<>();
    HEADERS.forEach(h -> headers.put(h, text(h)));
    StringBuilder text = new StringBuilder("#include \"map.cuh\"\n#include \"rows.cuh\"\n");
    kernels.stream().map(KernelSource::support).distinct().sorted().forEach(text::append);
    kernels.stream().map(KernelSource::kernel).distinct().sorted().forEach(text::append);
    String name = kernels.size() + "-kernels.cu";
    return new Nvrtc.Source(name, text.toString(), headers, List.of(), List.of());
  }
}
