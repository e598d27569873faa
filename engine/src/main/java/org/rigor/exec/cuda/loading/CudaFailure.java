// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A failed CUDA, NVRTC or cuBLAS call and its purpose. No other exception of the bindings leaves
 * this package.
 */
public final class CudaFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  public CudaFailure(String message, String code, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public CudaFailure(String message) {
    this(message, "", null);
  }

  /**
   * Returns the name of the error, e.g. {@code CUDA_ERROR_OUT_OF_MEMORY}; empty where there is
   * none.
   */
  public String code() {
    return code;
  }

  /** Returns whether device memory ran out, which callers may answer with a smaller pack. */
  public boolean isOutOfMemory() {
    return code.contains("OUT_OF_MEMORY") || code.contains("ALLOC_FAILED");
  }

  /**
   * Runs one call of the bindings (exceptions enabled); a failure reports {@code what} it was for.
   */
  public static void call(String what, IntSupplier call) {
    try {
      int code = call.getAsInt();
      if (code != 0) {
        throw new CudaFailure(what + " returned " + code);
      }
    } catch (CudaException e) {
      throw of(what, e);
    }
  }

  public static CudaFailure of(String what, CudaException e) {
    String code = String.valueOf(e.getMessage());
    return new CudaFailure(what + " failed with " + code + detail(code) + hint(code), code, e);
  }

  /** Returns the driver's description of its error; the emulator's also says where. */
  private static String detail(String code) {
    if (!code.startsWith("CUDA_ERROR_")) {
      return "";
    }
    try {
      int number = CUresult.class.getField(code).getInt(null);
      String[] text = new String[1];
      JCudaDriver.cuGetErrorString(number, text);
      return text[0] == null ? "" : ": " + text[0];
    } catch (ReflectiveOperationException | CudaException none) {
      return "";
    }
  }

  /** Returns the failure for a process that cannot use CUDA: every step taken, and what to do. */
  static CudaFailure unavailable(String headline, List<Check> checks, Throwable cause) {
    String nl = System.lineSeparator();
    return new CudaFailure(
        headline
            + nl
            + checks.stream()
                .map(c -> "  " + c.line().replace(nl, nl + "  "))
                .collect(Collectors.joining(nl)),
        "",
        cause);
  }

  private static String hint(String code) {
    if (code.contains("ILLEGAL_ADDRESS")
        || code.contains("LAUNCH_FAILED")
        || code.contains("MISALIGNED_ADDRESS")) {
      return " (reported at the first call after the faulty kernel; this process cannot use the GPU"
          + " any more. CUDA_LAUNCH_BLOCKING=1 in the environment reports it at its own call)";
    }
    return "";
  }
}
