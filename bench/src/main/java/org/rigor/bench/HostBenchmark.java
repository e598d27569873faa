// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Host costs of one launch, of one replay of ten, of recompiling a program onto bound buffers, and
 * of a small write with its read, which waits for the device. Launches and replays are awaited once
 * per iteration, so a full queue is part of their cost.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class HostBenchmark {
  private static final Shape SMALL = Shape.of(1, 256);

  @Param({"cpu"})
  public String device;

  private Device open;
  private org.rigor.exec.Scope scope;
  private Buffer x;
  private Program program;
  private Executable executable;
  private Sequence ten;
  private HostTensor values;

  @Setup
  public void open() {
    open = Device.open(device);
    scope = open.scope("host costs");
    values = HostTensor.of(SMALL, new float[256]);
    x = scope.buffer("x", values);
    Program.Builder b = Program.builder("increment");
    program = b.state("x", F.add(b.input("x", new TensorType(DType.F32, SMALL)), 1)).build();
    executable = open.compile(program, Map.of("x", x));
    ten = open.sequence(List.of(Sequence.repeat(10, Sequence.run(executable))));
  }

  @TearDown(Level.Iteration)
  public void finish() {
    x.read();
  }

  @TearDown
  public void close() {
    ten.close();
    executable.close();
    scope.close();
    open.close();
  }

  @Benchmark
  public void launch() {
    executable.run();
  }

  @Benchmark
  public void replayOfTen() {
    ten.run();
  }

  @Benchmark
  public void bind() {
    open.compile(program, Map.of("x", x)).close();
  }

  @Benchmark
  public HostTensor writeAndRead() {
    x.write(values);
    return x.read();
  }
}
