// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.Download;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.Staging;
import org.rigor.exec.plan.ModelRows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/** A tensor in device memory. */
final class CudaBuffer implements Buffer {
  private final CudaDevice device;
  private final TensorType type;
  private final DeviceMemory memory;

  /** A zero-filled buffer. */
  CudaBuffer(CudaDevice device, String name, TensorType type) {
    this.device = device;
    this.type = type;
    this.memory = device.zeros(name, type.bytes());
  }

  @Override
  public String name() {
    return memory.name();
  }

  @Override
  public TensorType type() {
    return type;
  }

  CudaDevice device() {
    return device;
  }

  /**
   * @throws IllegalStateException if the buffer is closed
   */
  DeviceMemory memory() {
    memory.address(0);
    return memory;
  }

  @Override
  public void write(HostTensor from) {
    memory();
    if (!from.type().equals(type)) {
      throw new IllegalArgumentException(
          "buffer '" + name() + "' has type " + type + ", got " + from.type());
    }
    device.locked(() -> device.staging().write(memory, 0, from.array()));
  }

  @Override
  public void writeRows(HostTensor from) {
    memory();
    TensorType expected = rows(from.shape().rank() < 2 ? -1 : from.shape().dim(1));
    if (!from.type().equals(expected)) {
      throw new IllegalArgumentException(
          "rows of buffer '" + name() + "' have type " + expected + ", got " + from.type());
    }
    int models = type.shape().models();
    long each = type.bytes() / models;
    int some = Math.toIntExact(expected.shape().size() / models);
    for (int m = 0; m < models; m++) {
      HostTensor own = models == 1 ? from : part(expected);
      if (models > 1) {
        from.copy(m * some, some, own, 0);
      }
      long at = m * each;
      device.locked(() -> device.staging().write(memory, at, own.array()));
    }
  }

  private static HostTensor part(TensorType rows) {
    return HostTensor.zeros(new TensorType(rows.dtype(), rows.shape().with(0, 1)));
  }

  @Override
  public void clear() {
    memory();
    device.locked(() -> device.stream().fill(memory, 0, 0, memory.bytes() / 4));
  }

  @Override
  public void write(Buffer from, List<Integer> models) {
    memory();
    if (!(from instanceof CudaBuffer other) || other.device != device) {
      throw new IllegalArgumentException("buffer '" + from.name() + "' is of another device");
    }
    DeviceMemory source = other.memory();
    long each = type.bytes() / type.shape().models();
    device.locked(
        () ->
            ModelRows.each(
                this,
                from,
                models,
                (to, first, count) ->
                    device.stream().copy(memory, to * each, source, first * each, count * each)));
  }

  @Override
  public HostTensor read() {
    return download().get();
  }

  @Override
  public Download download() {
    return arriving(HostTensor.zeros(type), 0);
  }

  private Download arriving(HostTensor to, long offset) {
    memory();
    Staging.Reading reading = device.get(() -> device.staging().read(memory, offset, to.array()));
    return new Download() {
      @Override
      public boolean ready() {
        return device.get(reading::done);
      }

      @Override
      public HostTensor get() {
        device.locked(reading::finish);
        return to;
      }
    };
  }

  @Override
  public Download downloadRows(int rows) {
    TensorType all = rows(rows);
    int models = type.shape().models();
    if (models == 1) {
      return arriving(HostTensor.zeros(all), 0);
    }
    List<Download> parts = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      parts.add(arriving(part(all), m * (type.bytes() / models)));
    }
    int some = Math.toIntExact(all.shape().size() / models);
    return new Download() {
      @Override
      public boolean ready() {
        return parts.stream().allMatch(Download::ready);
      }

      @Override
      public HostTensor get() {
        HostTensor whole = HostTensor.zeros(all);
        for (int m = 0; m < models; m++) {
          parts.get(m).get().copy(0, some, whole, m * some);
        }
        return whole;
      }
    };
  }

  /** Waits for queued work that may still use the memory. */
  void close() {
    device.locked(
        () -> {
          device.stream().synchronize();
          memory.close();
        });
  }
}
