// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.data.DataSet.Source;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.io.WholeFile;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * CIFAR in its binary version (Krizhevsky 2009): records of one or two label bytes and the planes
 * R, G, B of 32x32 bytes. Inputs [N, 32, 32, 3] in [0, 1], the training files first. File sizes are
 * checked. Checksums are only recorded, as the publisher states none for these files.
 *
 * @param name of the data set and of its folder under a root
 * @param unpacked the folder that the published archive unpacks to, also searched
 * @param labelBytes before each image; the last one is the label
 */
public record CifarFiles(
    String name,
    String unpacked,
    int classes,
    int labelBytes,
    List<Part> train,
    List<Part> test,
    String licence)
    implements DataSource {

  /** A published file and the number of its records. */
  public record Part(String file, int records) {}

  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;

  public static final CifarFiles CIFAR10 =
      new CifarFiles(
          "cifar10",
          "cifar-10-batches-bin",
          10,
          1,
          IntStream.rangeClosed(1, 5)
              .mapToObj(i -> new Part("data_batch_" + i + ".bin", 10_000))
              .toList(),
          List.of(new Part("test_batch.bin", 10_000)),
          "CIFAR-10 (A. Krizhevsky), no licence stated");

  /** CIFAR-100 with its hundred fine labels. */
  public static final CifarFiles CIFAR100 =
      new CifarFiles(
          "cifar100",
          "cifar-100-binary",
          100,
          2,
          List.of(new Part("train.bin", 50_000)),
          List.of(new Part("test.bin", 10_000)),
          "CIFAR-100 (A. Krizhevsky), no licence stated");

  @Override
  public DataSet load(DataRoots roots) {
    Path folder = find(roots);
    List<Source> sources = new ArrayList<>();
    List<byte[]> parts = new ArrayList<>();
    int trained = 0;
    int all = 0;
    for (Part part : parts()) {
      Path path = folder.resolve(part.file());
      byte[] records = records(path, part.records());
      sources.add(new Source(path, Sha256.of(path)));
      parts.add(records);
      all += records.length / recordBytes();
      if (train.contains(part)) {
        trained = all;
      }
    }
    float[] x = new float[Math.multiplyExact(all, 3 * PLANE)];
    int[] labels = new int[all];
    int at = 0;
    for (int k = 0; k < parts.size(); k++) {
      byte[] records = parts.get(k);
      for (int r = 0; r < records.length; r += recordBytes(), at++) {
        labels[at] = records[r + labelBytes - 1] & 0xFF;
        if (labels[at] >= classes) {
          Path file = sources.get(k).file();
          throw new DataException(
              "%s: record %d: labels must lie in 0..%d, got %d"
                  .formatted(file, r / recordBytes(), classes - 1, labels[at]));
        }
        image(records, r + labelBytes, x, at * 3 * PLANE);
      }
    }
    HostTensor inputs = HostTensor.of(Shape.of(all, SIDE, SIDE, 3), x);
    Split split = Split.at(trained, all);
    return DataSet.of(name, inputs, labels, classes, Box.UNIT, split, sources, licence);
  }

  /** Converts planes of bytes to interleaved channels. */
  private static void image(byte[] records, int from, float[] x, int to) {
    for (int i = 0; i < PLANE; i++) {
      for (int c = 0; c < 3; c++) {
        x[to + 3 * i + c] = (records[from + c * PLANE + i] & 0xFF) / 255f;
      }
    }
  }

  private List<Part> parts() {
    List<Part> all = new ArrayList<>(train);
    all.addAll(test);
    return all;
  }

  private List<String> files() {
    return parts().stream().map(Part::file).toList();
  }

  private int recordBytes() {
    return labelBytes + 3 * PLANE;
  }

  private byte[] records(Path file, int published) {
    byte[] records = WholeFile.read(file);
    long required = (long) published * recordBytes();
    if (records.length != required) {
      throw new DataException(
          "%s: is not the published file of %s, which has %,d records of %,d bytes, %,d bytes in all; got %,d bytes. A study that needs fewer samples takes the first ones with 'train' and 'test'"
              .formatted(file, name, published, recordBytes(), required, records.length));
    }
    return records;
  }

  /** Returns the first root that has any of the files; it must then have all. */
  private Path find(DataRoots roots) {
    StringBuilder looked = new StringBuilder();
    for (DataRoots.Root root : roots.roots()) {
      for (String below : List.of(name, unpacked)) {
        Path folder = root.folder().resolve(below);
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
    }
    throw new DataException(
        "the data set %s was not found; looked for %s in%s\nunpack the published binary version (not the one for Python) in ~/.cache/rigor/data, as %s"
            .formatted(name, files(), looked, unpacked));
  }
}
