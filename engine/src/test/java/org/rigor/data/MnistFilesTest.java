// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.data.DataRoots.Root;
import org.rigor.io.DataException;
import org.rigor.io.Idx;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class MnistFilesTest {
  @TempDir Path root;

  private Path write(String file, Shape shape, int... values) throws IOException {
    Path folder = Files.createDirectories(root.resolve("small"));
    Path p = folder.resolve(file);
    Idx.writeBytes(p, HostTensor.of(shape, values));
    return p;
  }

  private MnistFiles small() throws IOException {
    List<Path> files =
        List.of(
            write(MnistFiles.FILES.get(0), Shape.of(2, 1, 2), 0, 255, 51, 102),
            write(MnistFiles.FILES.get(1), Shape.of(2), 3, 9),
            write(MnistFiles.FILES.get(2), Shape.of(1, 1, 2), 255, 0),
            write(MnistFiles.FILES.get(3), Shape.of(1), 1));
    return new MnistFiles(
        "small", "SMALL/raw", files.stream().map(Sha256::of).toList(), "install it", "none");
  }

  @Test
  void readsTrainBeforeTest() throws IOException {
    DataSet d = small().load(DataRoots.only(root));
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(3, 1, 2, 1));
    assertThat(d.inputs().floats()).containsExactly(0, 1, 0.2f, 0.4f, 1, 0);
    assertThat(d.labels()).containsExactly(3, 9, 1);
    assertThat(d.split().train()).containsExactly(0, 1);
    assertThat(d.split().test()).containsExactly(2);
    assertThat(d.sources()).hasSize(4);
  }

  @Test
  void findsTheFilesWhereTorchvisionLeavesThemAndWithDottedNames() throws IOException {
    MnistFiles source = small();
    Path raw = root.resolve("SMALL/raw");
    Files.createDirectories(raw.getParent());
    Files.move(root.resolve("small"), raw);
    assertThat(source.load(DataRoots.only(root)).size()).isEqualTo(3);
    for (String f : MnistFiles.FILES) {
      Files.move(raw.resolve(f), raw.resolve(f.replace("-idx", ".idx")));
    }
    assertThat(source.load(DataRoots.only(root)).labels()).containsExactly(3, 9, 1);
    assertThat(MnistFiles.MNIST.torchvision()).isEqualTo("MNIST/raw");
    assertThat(MnistFiles.FASHION_MNIST.torchvision()).isEqualTo("FashionMNIST/raw");
  }

  @Test
  void refusesFilesThatAreNotThePublishedOnes() throws IOException {
    MnistFiles source = small();
    write(MnistFiles.FILES.get(3), Shape.of(1), 2);
    assertThatThrownBy(() -> source.load(DataRoots.only(root)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("t10k-labels-idx1-ubyte: is not the published file of small");
  }

  @Test
  void refusesAFolderWithSomeOfTheFiles() throws IOException {
    MnistFiles source = small();
    Files.delete(root.resolve("small").resolve(MnistFiles.FILES.get(1)));
    assertThatThrownBy(() -> source.load(DataRoots.only(root)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has only 3 of the four files");
  }

  @Test
  void refusesImagesWithoutLabels() throws IOException {
    small();
    write(MnistFiles.FILES.get(1), Shape.of(1), 3);
    List<Path> files = MnistFiles.FILES.stream().map(root.resolve("small")::resolve).toList();
    assertThatThrownBy(() -> MnistFiles.MNIST.read(files, List.of()))
        .hasMessageContaining("need as many labels, got 1 and 1");
  }

  @Test
  void aMissSaysWhereItLookedAndHowToInstall() {
    DataRoots roots =
        new DataRoots(
            List.of(new Root("--data-dir", root), new Root("cache", root.resolve("cache"))));
    assertThatThrownBy(() -> DataSets.load("fashion-mnist", roots))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(root.resolve("fashion-mnist") + " (--data-dir)")
        .hasMessageContaining(root.resolve("cache/fashion-mnist") + " (cache)")
        .hasMessageContaining("sudo apt-get install dataset-fashion-mnist");
  }

  @Test
  void namesWhatIsKnown() {
    assertThatThrownBy(() -> DataSets.load("minst", DataRoots.only(root)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no data set 'minst', known are digits, mnist, fashion-mnist");
    assertThatThrownBy(() -> DataRoots.standard(root.resolve("none")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("--data-dir");
  }

  /** Needs the real files under RIGOR_DATA. */
  @Test
  void readsTheRealMnist() {
    String data = System.getenv("RIGOR_DATA");
    assumeThat(data != null && Files.isDirectory(Path.of(data, "mnist"))).isTrue();
    DataSet d = DataSets.load("mnist", DataRoots.only(Path.of(data)));
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(70_000, 28, 28, 1));
    assertThat(d.labels(new int[] {0, 1, 2, 60_000, 60_001})).containsExactly(5, 0, 4, 7, 2);
  }
}
