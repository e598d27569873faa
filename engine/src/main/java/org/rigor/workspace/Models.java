// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/**
 * Network with M sets of parameters on a device. The first request for a type other than the stored
 * one casts to it there. A parameter that all models share may have a model axis of 1.
 */
public final class Models implements AutoCloseable {
  private static final String STORED = "stored/";

  private final Device device;
  private final Network network;
  private final Workspace space;
  private final int count;
  private final Set<DType> cast = EnumSet.noneOf(DType.class);
  private Map<String, HostTensor> host;

  /** Makes {@link #host} of what the host already holds; null where it holds nothing. */
  private Supplier<Map<String, HostTensor>> known;

  private Models(Device device, Network network, Function<Parameter, TensorType> types) {
    this.device = device;
    this.network = network;
    this.space = new Workspace(device, "models");
    int most = 1;
    try {
      for (Parameter p : network.parameters()) {
        TensorType type = types.apply(p);
        space.declare(STORED + p.name(), type);
        most = Math.max(most, type.shape().models());
      }
      for (Parameter p : network.parameters()) {
        int own = buffer(p).type().shape().models();
        if (own != 1 && own != most) {
          throw new IllegalArgumentException(
              "models: parameter '%s' must be of 1 or %d models, got %d"
                  .formatted(p.name(), most, own));
        }
      }
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
    this.count = most;
  }

  /**
   * Copies parameters to a device.
   *
   * @param values by parameter name, [M or 1, shape...]; must cover the network's parameters
   * @throws IllegalArgumentException if a parameter has no value or one of another shape
   */
  public static Models of(Device device, Network network, Map<String, HostTensor> values) {
    Models m = new Models(device, network, p -> checked(p, values.get(p.name())).type());
    return m.filled((p, to) -> to.write(values.get(p.name())));
  }

  /** Returns one model of zeros, for what asks for the network alone. */
  public static Models zeros(Device device, Network network) {
    return new Models(device, network, p -> p.type(1, DType.F32));
  }

  private static HostTensor checked(Parameter p, HostTensor v) {
    if (v == null) {
      throw new IllegalArgumentException("models: parameter '" + p.name() + "' has no value");
    }
    if (!v.shape().equals(p.shape().insert(0, v.shape().models()))) {
      throw new IllegalArgumentException(
          "models: parameter '%s' must be [M, ...] of %s, got %s"
              .formatted(p.name(), p.shape(), v.shape()));
    }
    return v;
  }

  /**
   * Copies parameters that are already on a device.
   *
   * @param buffers by parameter, [M or 1, shape...]
   */
  public static Models copy(Device device, Network network, Function<Parameter, Buffer> buffers) {
    Models m = new Models(device, network, p -> buffers.apply(p).type());
    return m.filled((p, to) -> to.write(buffers.apply(p), all(to.type().shape().models())));
  }

  /** Returns some models' rows of parameters on the host; what all models share stays as it is. */
  private static Map<String, HostTensor> rows(
      Map<String, HostTensor> all, int count, List<Integer> models) {
    if (models.equals(all(count))) {
      return all;
    }
    Map<String, HostTensor> some = new LinkedHashMap<>();
    all.forEach(
        (name, v) -> {
          HostTensor rows = v;
          if (v.shape().models() == count) {
            int n = Math.toIntExact(v.shape().size() / count);
            rows = HostTensor.zeros(new TensorType(v.dtype(), v.shape().with(0, models.size())));
            for (int i = 0; i < models.size(); i++) {
              v.copy(models.get(i) * n, n, rows, i * n);
            }
          }
          some.put(name, rows);
        });
    return Collections.unmodifiableMap(some);
  }

  /** Writes every parameter and returns this; closes it on failure. */
  private Models filled(BiConsumer<Parameter, Buffer> write) {
    try {
      network.parameters().forEach(p -> write.accept(p, buffer(p)));
      return this;
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static List<Integer> all(int n) {
    return IntStream.range(0, n).boxed().toList();
  }

  public Device device() {
    return device;
  }

  public Network network() {
    return network;
  }

  /** Returns the number of models M. */
  public int count() {
    return count;
  }

  /**
   * Returns some of the models in the order given; the caller closes them.
   *
   * @throws IllegalArgumentException if an index is not one of the models
   */
  public Models rows(List<Integer> models) {
    Models some =
        new Models(
            device,
            network,
            p -> {
              TensorType t = buffer(p).type();
              int m = t.shape().models() == 1 && count > 1 ? 1 : models.size();
              return new TensorType(t.dtype(), t.shape().with(0, m));
            });
    if (host != null || known != null) {
      some.known = () -> rows(host(), count, models);
    }
    return some.filled(
        (p, to) -> {
          Buffer from = buffer(p);
          boolean shared = from.type().shape().models() == 1 && count > 1;
          to.write(from, shared ? List.of(0) : models);
        });
  }

  /** Returns one of the models; the caller closes it. */
  public Models one(int model) {
    return rows(List.of(model));
  }

  /** Returns a parameter as it is stored, [M or 1, shape...]. */
  public Buffer buffer(Parameter p) {
    return space.get(STORED + p.name());
  }

  /** Returns a parameter in a type, [M or 1, shape...]. */
  public Buffer buffer(Parameter p, DType type) {
    if (buffer(p).type().dtype() == type) {
      return buffer(p);
    }
    if (!cast.contains(type)) {
      cast(type);
    }
    return space.get(cast(p, type));
  }

  private static String cast(Parameter p, DType type) {
    return type + "/" + p.name();
  }

  private void cast(DType type) {
    Program.Builder b = Program.builder("cast-parameters");
    for (Parameter p : network.parameters()) {
      TensorType stored = buffer(p).type();
      if (stored.dtype() != type) {
        b.output(cast(p, type), F.cast(b.input(STORED + p.name(), stored), type));
      }
    }
    Executable e = space.link(b.build());
    e.run();
    space.release(e);
    cast.add(type); // last: if the device runs out of memory, buffers of zeros remain
  }

  /** Shares the parameters in a type with a workspace, without a copy, as {@code param/}. */
  public void share(Workspace with, DType type) {
    network.parameters().forEach(p -> with.share("param/" + p.name(), buffer(p, type)));
  }

  /**
   * Copies the parameters into the inputs {@code param/} of a prepared program, in the inputs'
   * types, without passing through the host. An input with k times as many models takes each model
   * k times in a row.
   *
   * @throws IllegalArgumentException if an input's models are not a multiple of a parameter's
   */
  public void load(Function<String, Buffer> inputs) {
    for (Parameter p : network.parameters()) {
      Buffer to = inputs.apply("param/" + p.name());
      Buffer from = buffer(p, to.type().dtype());
      int stored = from.type().shape().models();
      int wanted = to.type().shape().models();
      if (wanted % stored != 0) {
        throw new IllegalArgumentException(
            "models: compiled for %d models of parameter '%s', got %d"
                .formatted(wanted, p.name(), stored));
      }
      List<Integer> rows = new ArrayList<>();
      for (int m = 0; m < stored; m++) {
        rows.addAll(Collections.nCopies(wanted / stored, m));
      }
      to.write(from, rows);
    }
  }

  /**
   * Returns the parameters on the host in the stored types, [M or 1, shape...]: for files, and for
   * algorithms of the host such as certified norms and eigenvalues in double. The first call copies
   * them, unless these are {@link #rows} of models that the host has; later ones share that copy,
   * which nobody may modify.
   */
  public Map<String, HostTensor> host() {
    if (host == null && known != null) {
      host = known.get();
    }
    if (host == null) {
      Map<String, HostTensor> values = new LinkedHashMap<>();
      network.parameters().forEach(p -> values.put(p.name(), buffer(p).read()));
      host = Collections.unmodifiableMap(values);
    }
    return host;
  }

  @Override
  public void close() {
    space.close();
  }
}
