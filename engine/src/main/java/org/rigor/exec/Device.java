// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.rigor.ir.Program;
import org.rigor.tensor.DType;

/**
 * A backend in use. Owns its context and whatever kernels it compiled; hands out the two other
 * owners of memory, {@link Scope} and {@link Executable}. Closing it while one of them is open is
 * an error that lists them.
 */
public interface Device extends AutoCloseable {
  /** Describes the device for provenance and reports. */
  DeviceInfo info();

  /**
   * Begins, in the background, whatever makes matrix products of a type fast: a caller says so
   * before it reads its files.
   */
  default void prepare(DType type) {}

  /**
   * Returns the bytes of memory that the threads of one block can share; 0 where a device has none.
   * Programs may then choose kernels that keep a small model on the chip ({@code
   * org.rigor.nn.mlp}); without it the composed operations are faster.
   */
  default int sharedBytes() {
    return 0;
  }

  /**
   * Returns what was asked of this device, and of those beside it, since it was opened; empty where
   * device and host share memory and threads.
   */
  default Optional<Traffic> traffic() {
    return Optional.empty();
  }

  /** Returns what it has spent its time on; empty where it works on while the host does. */
  default Optional<Spent> spent() {
    return Optional.empty();
  }

  /**
   * Returns how many models run side by side, each on a thread of its own: callers may cut the rows
   * of one model into as many. 1 where a single model occupies the device.
   */
  default int modelsAtOnce() {
    return 1;
  }

  /** Returns whether the device has hardware for such products of floats. */
  default boolean has(Products products) {
    return products == Products.EXACT;
  }

  /** Opens an owner of memory that outlives one program: parameters, optimiser state, data sets. */
  Scope scope(String name);

  /**
   * Compiles a program. Inputs and outputs named in {@code bindings} use those buffers; the
   * executable owns the buffers of the others. The two ends of a state pair share one buffer, bound
   * under the input's name.
   *
   * @throws IllegalArgumentException if a binding names nothing, has another type, is closed, or
   *     binds one buffer to two names that are not a state pair
   * @throws DeviceException if the device does not {@link #has have} the products asked for
   */
  Executable compile(Program program, Map<String, Buffer> bindings, CompileOptions options);

  /** Compiles as {@link #compile(Program, Map, CompileOptions)} with default options. */
  default Executable compile(Program program, Map<String, Buffer> bindings) {
    return compile(program, bindings, CompileOptions.DEFAULT);
  }

  /** Compiles a program whose executable owns all its buffers. */
  default Executable compile(Program program) {
    return compile(program, Map.of());
  }

  /**
   * Compiles the kernels of several programs in one unit, so that later {@link #compile} calls find
   * them ready. Never changes a result.
   */
  default void prepare(List<Program> programs, CompileOptions options) {}

  /**
   * Opens another owner of work on the same hardware, for another thread: its work may run at the
   * same time as this one's. It owns separate streams, workspaces and buffers, which do not mix
   * with this one's. It shares the compiled kernels, gives the same bits, and must be closed first.
   *
   * @throws UnsupportedOperationException where every program has the whole hardware, as on the CPU
   */
  default Device beside(String name) {
    throw new UnsupportedOperationException(
        "a " + info().kind() + " device runs one program at a time");
  }

  /**
   * Requires products of floats.
   *
   * @throws DeviceException if the device does not {@link #has have} them
   */
  default void require(Products products) {
    if (!has(products)) {
      throw new DeviceException(
          "products of floats rounded to %s need a CUDA device of compute capability 8.0 or later; this is %s: %s"
              .formatted(products, info().kind(), info().name()));
    }
  }

  /** Prepares a nested loop over executables of this device for replay. */
  Sequence sequence(List<Sequence.Step> steps);

  /**
   * @throws IllegalStateException listing every scope and executable still open
   */
  @Override
  void close();

  /**
   * Opens a device by kind: {@code cpu}, {@code cuda}, {@code emulated} or {@code auto}, which
   * takes cuda where one is usable and else the CPU, and says in {@link DeviceInfo#reason} what it
   * chose and why. Nothing else ever falls back.
   *
   * @throws DeviceException if the kind is unknown or not usable here; the message lists what was
   *     looked for
   */
  static Device open(String kind) {
    List<DeviceProvider> providers = new ArrayList<>();
    ServiceLoader.load(DeviceProvider.class).forEach(providers::add);
    if (kind.equals("auto")) {
      try {
        return named(providers, "cuda").open("auto: a CUDA device is usable");
      } catch (DeviceException e) {
        return named(providers, "cpu").open("auto: " + e.firstLine());
      }
    }
    return named(providers, kind).open("asked for by name");
  }

  private static DeviceProvider named(List<DeviceProvider> providers, String kind) {
    return providers.stream()
        .filter(p -> p.kind().equals(kind))
        .findFirst()
        .orElseThrow(
            () ->
                new DeviceException(
                    "unknown device '"
                        + kind
                        + "'; known: auto, "
                        + String.join(
                            ", ", providers.stream().map(DeviceProvider::kind).sorted().toList())));
  }
}
