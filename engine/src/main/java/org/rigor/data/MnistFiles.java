// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rigor.data.DataSet.Source;
import org.rigor.io.DataException;
import org.rigor.io.Idx;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A data set in MNIST's four IDX files, plain or gzipped: 60,000 train and 10,000 test images of
 * 28x28 bytes, scaled by 1/255. Inputs [70000, 28, 28, 1] in [0, 1], the train images first.
 *
 * @param name of the data set and of its folder under a root
 * @param torchvision the folder in which torchvision stores the files, also searched
 * @param sha256 of the unpacked content, in the order of {@link #FILES}
 * @param install the command that installs the files
 */
public record MnistFiles(
    String name, String torchvision, List<String> sha256, String install, String licence)
    implements DataSource {
  static final List<String> FILES =
      List.of(
          "train-images-idx3-ubyte",
          "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte");
  private static final int CLASSES = 10;

  /** Handwritten digits (LeCun, Cortes, Burges). The checksums are those of the published files. */
  public static final MnistFiles MNIST =
      new MnistFiles(
          "mnist",
          "MNIST/raw",
          List.of(
              "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
              "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
              "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
              "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
          "mkdir -p ~/.cache/rigor/data/mnist && cp {train,t10k}-{images-idx3,labels-idx1}-ubyte.gz"
              + " ~/.cache/rigor/data/mnist/   (the four published files, from where you have"
              + " them)",
          "MNIST (Y. LeCun, C. Cortes, C. Burges), CC BY-SA 3.0");

  /** Zalando's images of clothing (Xiao, Rasul, Vollgraf, 2017). */
  public static final MnistFiles FASHION_MNIST =
      new MnistFiles(
          "fashion-mnist",
          "FashionMNIST/raw",
          List.of(
              "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
              "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
              "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
              "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
          "sudo apt-get install dataset-fashion-mnist",
          "Fashion-MNIST (Zalando SE), MIT");

  @Override
  public DataSet load(DataRoots roots) {
    List<Path> files = find(roots);
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      String content = Sha256.ofContent(files.get(i));
      if (!content.equals(sha256.get(i))) {
        throw new DataException(
            files.get(i)
                + ": is not the published file of "
                + name
                + ", whose content has SHA-256 "
                + sha256.get(i)
                + ", got "
                + content);
      }
      sources.add(new Source(files.get(i), Sha256.of(files.get(i))));
    }
    return read(files, sources);
  }

  /** Reads four files with any number of images and does not check checksums. */
  DataSet read(List<Path> files, List<Source> sources) {
    HostTensor train = Idx.read(files.get(0));
    HostTensor test = Idx.read(files.get(2));
    if (train.shape().rank() != 3 || !train.shape().remove(0).equals(test.shape().remove(0))) {
      throw new DataException(
          name
              + ": images must be [N, H, W] of equal size, got "
              + train.shape()
              + " and "
              + test.shape());
    }
    float[] x = Arrays.copyOf(scaled(train), train.ints().length + test.ints().length);
    float[] second = scaled(test);
    System.arraycopy(second, 0, x, x.length - second.length, second.length);
    int[] first = Idx.read(files.get(1)).ints();
    int[] labels = Arrays.copyOf(first, first.length + test.shape().dim(0));
    int[] last = Idx.read(files.get(3)).ints();
    if (first.length != train.shape().dim(0) || last.length != test.shape().dim(0)) {
      throw new DataException(
          name
              + ": "
              + train.shape().dim(0)
              + " and "
              + test.shape().dim(0)
              + " images need as many labels, got "
              + first.length
              + " and "
              + last.length);
    }
    System.arraycopy(last, 0, labels, first.length, last.length);
    Shape shape = Shape.of(labels.length, train.shape().dim(1), train.shape().dim(2), 1);
    return DataSet.of(
        name,
        HostTensor.of(shape, x),
        labels,
        CLASSES,
        Box.UNIT,
        Split.at(first.length, labels.length),
        sources,
        licence);
  }

  private static float[] scaled(HostTensor bytes) {
    int[] v = bytes.ints();
    float[] x = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      x[i] = v[i] / 255f;
    }
    return x;
  }

  /** Returns the four files of the first root that has any of them. */
  private List<Path> find(DataRoots roots) {
    StringBuilder looked = new StringBuilder();
    for (DataRoots.Root root : roots.roots()) {
      for (String below : List.of(name, torchvision)) {
        Path folder = root.folder().resolve(below);
        List<Path> found = FILES.stream().flatMap(f -> file(folder, f).stream()).toList();
        if (found.size() == FILES.size()) {
          return found;
        }
        if (!found.isEmpty()) {
          throw new DataException(
              folder
                  + ": has only "
                  + found.size()
                  + " of the four files of "
                  + name
                  + ", required are "
                  + FILES
                  + ", each plain or with .gz");
        }
        looked.append("\n  ").append(folder).append(" (").append(root.origin()).append(')');
      }
    }
    throw new DataException(
        "the data set "
            + name
            + " was not found; looked for "
            + FILES.get(0)
            + "[.gz] in"
            + looked
            + "\ninstall it with\n  "
            + install);
  }

  /**
   * Finds a file by its published name, or with a dot as some unpackers write it; gzipped or not.
   */
  private static Optional<Path> file(Path folder, String published) {
    for (String name : List.of(published, published.replace("-idx", ".idx"))) {
      for (String suffix : List.of(".gz", "")) {
        Path p = folder.resolve(name + suffix);
        if (Files.isRegularFile(p)) {
          return Optional.of(p);
        }
      }
    }
    return Optional.empty();
  }
}
