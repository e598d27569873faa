// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.DataException;
import org.rigor.tensor.Shape;

class CifarFilesTest {
  @TempDir Path root;

  /** Records whose plane c holds the byte 50 c + i mod 50, behind the labels. */
  private static byte[] records(int labelBytes, int... labels) {
    byte[] all = new byte[labels.length * (labelBytes + 3072)];
    for (int r = 0; r < labels.length; r++) {
      int at = r * (labelBytes + 3072);
      all[at] = 7;
      all[at + labelBytes - 1] = (byte) labels[r];
      for (int i = 0; i < 3072; i++) {
        all[at + labelBytes + i] = (byte) (50 * (i / 1024) + i % 1024 % 50);
      }
    }
    return all;
  }

  private Path write(String file, byte[] bytes) throws IOException {
    Path path = root.resolve("cifar10").resolve(file);
    Files.createDirectories(path.getParent());
    return Files.write(path, bytes);
  }

  /** The same formats with few records. */
  private static final CifarFiles FEW =
      new CifarFiles(
          "cifar10",
          "cifar-10-batches-bin",
          10,
          1,
          CifarFiles.CIFAR10.train().stream().map(p -> new CifarFiles.Part(p.file(), 2)).toList(),
          List.of(new CifarFiles.Part("test_batch.bin", 1)),
          "none");

  private static final CifarFiles FEW100 =
      new CifarFiles(
          "cifar100",
          "cifar-100-binary",
          100,
          2,
          List.of(new CifarFiles.Part("train.bin", 2)),
          List.of(new CifarFiles.Part("test.bin", 1)),
          "none");

  private void all() throws IOException {
    for (int i = 1; i <= 5; i++) {
      write("data_batch_" + i + ".bin", records(1, i, 9));
    }
    write("test_batch.bin", records(1, 0));
  }

  @Test
  void putsChannelsLastAndTrainingFilesFirst() throws IOException {
    all();
    DataSet d = FEW.load(DataRoots.only(root));
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(11, 32, 32, 3));
    assertThat(d.labels()).containsExactly(1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 0);
    assertThat(d.split().test()).containsExactly(10);
    float[] x = d.inputs().floats();
    // Pixel 73 of image 4: bytes 23, 73, 123.
    int at = (4 * 1024 + 73) * 3;
    assertThat(Arrays.copyOfRange(x, at, at + 3)).containsExactly(23 / 255f, 73 / 255f, 123 / 255f);
    assertThat(d.sources()).hasSize(6);
  }

  @Test
  void readsTheFineLabelsOfCifar100() throws IOException {
    Path folder = Files.createDirectories(root.resolve("cifar100"));
    Files.write(folder.resolve("train.bin"), records(2, 99, 3));
    Files.write(folder.resolve("test.bin"), records(2, 42));
    DataSet d = FEW100.load(DataRoots.only(root));
    assertThat(d.labels()).containsExactly(99, 3, 42);
    assertThat(d.classes()).isEqualTo(100);
  }

  @Test
  void namesWhatIsWrong() throws IOException {
    DataRoots roots = DataRoots.only(root);
    assertThatThrownBy(() -> DataSets.load("cifar10", roots))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("was not found")
        .hasMessageContaining(root.toString());
    all();
    Files.delete(root.resolve("cifar10/data_batch_3.bin"));
    assertThatThrownBy(() -> FEW.load(roots)).hasMessageContaining("lacks [data_batch_3.bin]");
    write("data_batch_3.bin", Arrays.copyOf(records(1, 3, 9), 6000));
    assertThatThrownBy(() -> FEW.load(roots))
        .hasMessageContaining("2 records of 3,073 bytes, 6,146 bytes in all; got 6,000");
    write("data_batch_3.bin", records(1, 10, 1));
    assertThatThrownBy(() -> FEW.load(roots))
        .hasMessageEndingWith("data_batch_3.bin: record 0: labels must lie in 0..9, got 10");
  }

  /** Sizes as on the publisher's page: a few records under a published name are other data. */
  @Test
  void aPublishedNameNeedsThePublishedFiles() throws IOException {
    all();
    assertThatThrownBy(() -> DataSets.load("cifar10", DataRoots.only(root)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("data_batch_1.bin: is not the published file of cifar10")
        .hasMessageContaining("10,000 records of 3,073 bytes, 30,730,000 bytes")
        .hasMessageContaining("'train' and 'test'");
    assertThat(CifarFiles.CIFAR100.train().get(0).records()).isEqualTo(50_000);
    assertThat(CifarFiles.CIFAR100.test().get(0).records()).isEqualTo(10_000);
  }

  @Test
  void findsTheFolderThatTheArchiveUnpacksTo() throws IOException {
    all();
    Files.move(root.resolve("cifar10"), root.resolve("cifar-10-batches-bin"));
    assertThat(FEW.load(DataRoots.only(root)).size()).isEqualTo(11);
  }
}
