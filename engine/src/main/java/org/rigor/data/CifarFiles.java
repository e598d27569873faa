// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rigor.data.DataSet.Source;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.io.WholeFile;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * CIFAR in its binary version (Krizhevsky 2009): records of one or two label bytes and the planes
 * R, G, B of 32x32 bytes. Inputs [N, 32, 32, 3] in [0, 1], the training files first. The checksums
 * of the files are recorded, not compared: the publisher states none for them.
 *
 * @param name of the data set and of its folder under a root
 * @param labelBytes before each image; the last one is the label
 */
public record CifarFiles(
    String name, int classes, int labelBytes, List<String> train, List<String> test, String licence)
    implements DataSource {
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;

  public static final CifarFiles CIFAR10 =
      new CifarFiles(
          "cifar10",
          10,
          1,
          List.of(
              "data_batch_1.bin",
              "data_batch_2.bin",
              "data_batch_3.bin",
              "data_batch_4.bin",
              "data_batch_5.bin"),
          List.of("test_batch.bin"),
          "CIFAR-10 (A. Krizhevsky), no licence stated");

  /** With the hundred fine labels. */
  public static final CifarFiles CIFAR100 =
      new CifarFiles(
          "cifar100",
          100,
          2,
          List.of("train.bin"),
          List.of("test.bin"),
          "CIFAR-100 (A. Krizhevsky), no licence stated");

  @Override
  public DataSet load(DataRoots roots) {
    Path folder = find(roots);
    List<Source> sources = new ArrayList<>();
    List<byte[]> parts = new ArrayList<>();
    int trained = 0;
    int all = 0;
    for (String file : files()) {
      Path path = folder.resolve(file);
      byte[] records = records(path);
      sources.add(new Source(path, Sha256.of(path)));
      parts.add(records);
      all += records.length / recordBytes();
      if (train.contains(file)) {
        trained = all;
      }
    }
    float[] x = new float[Math.multiplyExact(all, 3 * PLANE)];
    int[] labels = new int[all];
    int at = 0;
    for (byte[] records : parts) {
      for (int r = 0; r < records.length; r += recordBytes(), at++) {
        labels[at] = records[r + labelBytes - 1] & 0xFF;
        image(records, r + labelBytes, x, at * 3 * PLANE);
      }
    }
    HostTensor inputs = HostTensor.of(Shape.of(all, SIDE, SIDE, 3), x);
    Split split = Split.at(trained, all);
    return DataSet.of(name, inputs, labels, classes, Box.UNIT, split, sources, licence);
  }

  /** Planes of bytes to interleaved channels. */
  private static void image(byte[] records, int from, float[] x, int to) {
    for (int i = 0; i < PLANE; i++) {
      for (int c = 0; c < 3; c++) {
        x[to + 3 * i + c] = (records[from + c * PLANE + i] & 0xFF) / 255f;
      }
    }
  }

  private List<String> files() {
    List<String> all = new ArrayList<>(train);
    all.addAll(test);
    return all;
  }

  private int recordBytes() {
    return labelBytes + 3 * PLANE;
  }

  private byte[] records(Path file) {
    byte[] records = WholeFile.read(file);
    if (records.length == 0 || records.length % recordBytes() != 0) {
      throw new DataException(
          "%s: must hold whole records of %d bytes, got %d bytes"
              .formatted(file, recordBytes(), records.length));
    }
    return records;
  }

  /** The first root that has any of the files, which then must have all. */
  private Path find(DataRoots roots) {
    StringBuilder looked = new StringBuilder();
    for (DataRoots.Root root : roots.roots()) {
      Path folder = root.folder().resolve(name);
      List<String> missing =
          files().stream().filter(f -> !Files.isRegularFile(folder.resolve(f))).toList();
      if (missing.isEmpty()) {
        return folder;
      }
      if (missing.size() < files().size()) {
        throw new DataException(folder + ": lacks " + missing + " of the data set " + name);
      }
      looked.append("\n  ").append(folder).append(" (").append(root.origin()).append(')');
    }
    throw new DataException(
        "the data set %s was not found; looked for %s in%s\nunpack the published binary version into ~/.cache/rigor/data/%s"
            .formatted(name, files(), looked, name));
  }
}
