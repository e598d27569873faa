// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Products;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.cuda.code.CudaSources;
import org.rigor.exec.cuda.code.KernelSource;
import org.rigor.exec.cuda.code.Nvrtc;
import org.rigor.exec.cuda.code.StepCode;
import org.rigor.exec.cuda.loading.Toolkit;
import org.rigor.exec.plan.Plan;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.OpPrograms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A real NVRTC compiles what g++ has compiled for the emulator: every kernel of every op, and the
 * fused programs of a small study. It needs no GPU. Looked for in {@code RIGOR_NVRTC} (a folder
 * with {@code libnvrtc.so.12} or {@code .13}), then where the CUDA device looks.
 */
class RealNvrtcTest {
  private static final int MULTIPROCESSORS = 132;
  private static final String[] ARCHITECTURES = {"80", "90"};

  private static Optional<Toolkit.Found> nvrtc() {
    String named = System.getenv("RIGOR_NVRTC");
    Toolkit toolkit =
        named == null
            ? Toolkit.search()
            : Toolkit.search(v -> v.equals("RIGOR_CUDA_HOME") ? named : null, Path.of("/"));
    return toolkit.nvrtc().stream().findFirst();
  }

  @Test
  void compilesEveryKernelForTwoArchitectures(@TempDir Path folder) throws Exception {
    Optional<Toolkit.Found> library = nvrtc();
    assumeThat(library).as("no libnvrtc.so.12 or .13 here; set RIGOR_NVRTC").isPresent();
    NvrtcProcess.store(folder, "ops.cu", unit(ops()));
    NvrtcProcess.store(folder, "study.cu", unit(study(0)));
    NvrtcProcess.store(folder, "on-chip.cu", unit(study(232_448)));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("-Drigor.cache=" + folder.resolve("natives"));
    command.add(NvrtcProcess.class.getName());
    List<Path> files = new ArrayList<>(library.get().first());
    files.add(library.get().file());
    command.add(String.join(",", files.stream().map(Path::toString).toList()));
    command.add(Integer.toString(library.get().major()));
    command.add(folder.toString());
    command.addAll(List.of(ARCHITECTURES));
    String output = run(command);
    assertThat(output.lines().filter(l -> l.startsWith("ok "))).as(output).hasSize(6);
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(p.getInputStream().readAllBytes());
    assertThat(p.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(p.exitValue()).as(output).isZero();
    return output;
  }

  private static List<Plan> ops() {
    List<Plan> plans = new ArrayList<>();
    for (Program p : OpPrograms.of(3)) {
      plans.add(Plan.of(Simplify.run(p), CompileOptions.DEFAULT));
    }
    plans.add(Plan.of(layouts(), CompileOptions.DEFAULT));
    return plans;
  }

  /** What the samples of the ops are too small for. */
  private static Program layouts() {
    Program.Builder b = Program.builder("layouts");
    for (DType t : List.of(DType.F32, DType.F64)) {
      Value x = b.input("x " + t, new TensorType(t, Shape.of(2, 40, 50)));
      Value y = b.input("y " + t, new TensorType(t, Shape.of(2, 50, 40)));
      Value turned = F.transpose(x, List.of(0, 2, 1));
      b.output("turned " + t, F.add(F.exp(turned), y));
      Value rows = b.input("rows " + t, new TensorType(t, Shape.of(2, 3, 5000)));
      b.output("sum " + t, F.sum(rows, 2));
      b.output("max " + t, F.max(rows, 2));
      b.output("argmax " + t, F.argMax(F.transpose(rows, List.of(0, 2, 1)), 1));
      b.output("softmax " + t, F.softmax(F.slice(rows, 2, 0, 10), 2));
    }
    return Simplify.run(b.build());
  }

  /**
   * @param sharedBytes with enough of them small networks run on the chip
   */
  private static List<Plan> study(int sharedBytes) {
    CpuDevice cpu = new CpuDevice(2, "scalar", "test");
    try (RecordingDevice device = new RecordingDevice(cpu, sharedBytes)) {
      var params = SmallStudy.parameters(SmallStudy.train(device));
      SmallStudy.attack(device, params);
      SmallStudy.jacobians(device, params);
      return device.compiled().stream().map(c -> Plan.of(c.program(), c.options())).toList();
    }
  }

  private static Nvrtc.Source unit(List<Plan> plans) {
    List<KernelSource> sources = new ArrayList<>();
    for (Plan plan : plans) {
      StepCode.of(plan, MULTIPROCESSORS, Products.EXACT, new HashSet<>())
          .forEach(c -> sources.addAll(c.sources()));
    }
    return CudaSources.unit(sources);
  }
}
