// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.rigor.data.DataSet.Source;
import org.rigor.io.DataException;
import org.rigor.io.Picture;
import org.rigor.io.Pictures;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Images with one folder per class, {@code root/CLASS/name.png}, in the formats that {@code
 * javax.imageio} reads (PNG, JPEG, BMP, GIF). Classes and files are ordered by name. All images
 * must have one size; they become [N, H, W, 1] if every one is grey, else [N, H, W, 3], in [0, 1],
 * as {@link Pictures} reads them. All samples are test samples.
 */
public final class ImageFolder {
  private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif");

  /** Endings of unsupported images: skipping such files would silently change the data. */
  private static final List<String> FOREIGN =
      List.of(".ppm", ".pgm", ".pbm", ".tif", ".tiff", ".webp", ".avif", ".jp2", ".heic");

  private ImageFolder() {}

  /**
   * Reads a folder.
   *
   * @throws DataException if there are fewer than two classes, a class has no image, an image
   *     cannot be read, sizes differ, or a class contains a folder or an unsupported image format
   */
  public static DataSet read(Path root) {
    List<Path> classes = entries(root, true);
    if (classes.size() < 2) {
      throw new DataException(
          root
              + ": an image folder has a folder for each of at least 2 classes, got "
              + classes.size());
    }
    Pictures pictures = new Pictures();
    List<Picture> images = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    List<Source> sources = new ArrayList<>();
    for (int c = 0; c < classes.size(); c++) {
      List<Path> files = entries(classes.get(c), false);
      if (files.isEmpty()) {
        throw new DataException(classes.get(c) + ": has no image; known endings are " + ENDINGS);
      }
      for (Path f : files) {
        images.add(pictures.read(f));
        requireSize(f, images.get(images.size() - 1), images.get(0));
        labels.add(c);
        sources.add(new Source(f, Sha256.of(f)));
      }
    }
    return DataSet.of(
            root.toString(),
            pixels(images),
            labels.stream().mapToInt(Integer::intValue).toArray(),
            classes.size(),
            Box.UNIT,
            Split.allTest(images.size()),
            sources,
            "the user's own data")
        .noted(notes(images, labels, classes));
  }

  private static List<String> notes(
      List<Picture> images, List<Integer> labels, List<Path> classes) {
    int[] all = labels.stream().mapToInt(Integer::intValue).toArray();
    List<String> notes =
        ClassCounts.notes(all, classes.size(), c -> classes.get(c).getFileName().toString());
    long turned = images.stream().filter(Picture::turned).count();
    if (turned > 0) {
      notes.add(
          "%,d of %,d images have an Exif orientation, which is not applied: pixels are as stored"
              .formatted(turned, images.size()));
    }
    return notes;
  }

  /** Returns images [N, C, H, W] as [N, H, W, C]. */
  public static DataSet channelsLast(DataSet images) {
    Shape s = images.inputs().shape();
    int channels = s.dim(1);
    int pixels = s.dim(2) * s.dim(3);
    HostTensor from = images.inputs();
    Shape shape = Shape.of(s.dim(0), s.dim(2), s.dim(3), channels);
    HostTensor to = HostTensor.zeros(new TensorType(from.dtype(), shape));
    int n = Math.toIntExact(s.size());
    for (int i = 0; i < n; i++) {
      int plane = i / pixels;
      from.copy(i, 1, to, (plane / channels * pixels + i % pixels) * channels + plane % channels);
    }
    return DataSet.of(
            images.name(),
            to,
            images.labels(),
            images.classes(),
            images.box(),
            images.split(),
            images.sources(),
            images.licence())
        .noted(images.notes());
  }

  /** Returns the same images as [N, C, H, W], the layout of most networks in ONNX files. */
  public static DataSet channelsFirst(DataSet images) {
    Shape s = images.inputs().shape();
    int pixels = s.dim(1) * s.dim(2);
    int channels = s.dim(3);
    float[] from = images.inputs().floats();
    float[] to = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      int pixel = i / channels;
      to[(pixel / pixels * channels + i % channels) * pixels + pixel % pixels] = from[i];
    }
    Shape shape = Shape.of(s.dim(0), channels, s.dim(1), s.dim(2));
    return DataSet.of(
            images.name(),
            HostTensor.of(shape, to),
            images.labels(),
            images.classes(),
            images.box(),
            images.split(),
            images.sources(),
            images.licence())
        .noted(images.notes());
  }

  /** Returns all images of a folder, class by class. */
  static List<Path> files(Path root) {
    return entries(root, true).stream().flatMap(c -> entries(c, false).stream()).toList();
  }

  private static List<Path> entries(Path folder, boolean folders) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder + ": no such folder");
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      for (Path p : all) {
        String name = p.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.startsWith(".")) {
          continue;
        }
        if (folders ? Files.isDirectory(p) : isImage(p, name)) {
          found.add(p);
        }
      }
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be listed: " + e.getMessage());
    }
    Collections.sort(found);
    return found;
  }

  private static boolean isImage(Path path, String name) {
    if (Files.isDirectory(path)) {
      throw new DataException(
          path + ": is a folder inside a class; images lie directly in the folder of their class");
    }
    if (FOREIGN.stream().anyMatch(name::endsWith)) {
      throw new DataException(
          path + ": is an image of a kind that is not read; known are " + ENDINGS);
    }
    return ENDINGS.stream().anyMatch(name::endsWith);
  }

  private static void requireSize(Path file, Picture image, Picture first) {
    if (image.width() != first.width() || image.height() != first.height()) {
      throw new DataException(
          "%s: has %d x %d pixels, the first image %d x %d; all must have one size"
              .formatted(file, image.width(), image.height(), first.width(), first.height()));
    }
  }

  private static HostTensor pixels(List<Picture> images) {
    Picture first = images.get(0);
    int channels = images.stream().mapToInt(Picture::channels).max().orElseThrow();
    int size = first.height() * first.width() * channels;
    float[] x = new float[Math.multiplyExact(images.size(), size)];
    for (int i = 0; i < images.size(); i++) {
      Picture image = channels == 1 ? images.get(i) : images.get(i).colour();
      System.arraycopy(image.samples(), 0, x, i * size, size);
    }
    return HostTensor.of(Shape.of(images.size(), first.height(), first.width(), channels), x);
  }
}
