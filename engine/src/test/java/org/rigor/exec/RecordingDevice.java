// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Program;

/** Another device that keeps the programs it is given. */
public final class RecordingDevice implements Device {
  /** One call of {@link Device#compile}. */
  public record Compiled(Program program, CompileOptions options) {}

  private final Device device;
  private final int sharedBytes;
  private final List<Compiled> compiled = new ArrayList<>();

  public RecordingDevice(Device device) {
    this(device, device.sharedBytes());
  }

  /**
   * @param sharedBytes what it states instead of the other device
   */
  public RecordingDevice(Device device, int sharedBytes) {
    this.device = device;
    this.sharedBytes = sharedBytes;
  }

  public List<Compiled> compiled() {
    return List.copyOf(compiled);
  }

  @Override
  public Executable compile(Program program, Map<String, Buffer> bindings, CompileOptions options) {
    compiled.add(new Compiled(program, options));
    return device.compile(program, bindings, options);
  }

  @Override
  public DeviceInfo info() {
    return device.info();
  }

  @Override
  public int sharedBytes() {
    return sharedBytes;
  }

  @Override
  public int modelsAtOnce() {
    return device.modelsAtOnce();
  }

  @Override
  public Scope scope(String name) {
    return device.scope(name);
  }

  @Override
  public Sequence sequence(List<Sequence.Step> steps) {
    return device.sequence(steps);
  }

  @Override
  public void close() {
    device.close();
  }
}
