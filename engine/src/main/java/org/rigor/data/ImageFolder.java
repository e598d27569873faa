// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.rigor.data.DataSet.Source;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Images in a folder a class, {@code root/CLASS/name.png}: what {@code javax.imageio} reads (PNG,
 * JPEG, BMP, GIF). Classes and files in the order of their names. All images must have one size;
 * they become [N, H, W, 1] if every one is grey, else [N, H, W, 3], in [0, 1]. Every sample tests.
 */
public final class ImageFolder {
  private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif");

  private ImageFolder() {}

  /**
   * Reads a folder.
   *
   * @throws DataException if there are fewer than two classes, a class has no image, an image
   *     cannot be read, or sizes differ
   */
  public static DataSet read(Path root) {
    List<Path> classes = entries(root, true);
    if (classes.size() < 2) {
      throw new DataException(
          root
              + ": an image folder has a folder for each of at least 2 classes, got "
              + classes.size());
    }
    List<BufferedImage> images = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    List<Source> sources = new ArrayList<>();
    for (int c = 0; c < classes.size(); c++) {
      List<Path> files = entries(classes.get(c), false);
      if (files.isEmpty()) {
        throw new DataException(classes.get(c) + ": has no image; known endings are " + ENDINGS);
      }
      for (Path f : files) {
        images.add(image(f, images.isEmpty() ? null : images.get(0)));
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
        "the user's own data");
  }

  /** The same images as [N, C, H, W], the order of most networks in ONNX files. */
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
        images.licence());
  }

  /** All images of a folder, class by class. */
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
        if (folders ? Files.isDirectory(p) : ENDINGS.stream().anyMatch(name::endsWith)) {
          found.add(p);
        }
      }
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be listed: " + e.getMessage());
    }
    Collections.sort(found);
    return found;
  }

  private static BufferedImage image(Path file, BufferedImage first) {
    BufferedImage image;
    try {
      image = ImageIO.read(file.toFile());
    } catch (IOException | RuntimeException e) {
      // Decoders throw both for damaged files.
      throw new DataException(file + ": cannot be read as an image: " + e.getMessage());
    }
    if (image == null) {
      throw new DataException(file + ": is no image of a known format");
    }
    if (first != null
        && (image.getWidth() != first.getWidth() || image.getHeight() != first.getHeight())) {
      throw new DataException(
          "%s: has %d x %d pixels, the first image %d x %d; all must have one size"
              .formatted(
                  file, image.getWidth(), image.getHeight(), first.getWidth(), first.getHeight()));
    }
    return image;
  }

  private static HostTensor pixels(List<BufferedImage> images) {
    int w = images.get(0).getWidth();
    int h = images.get(0).getHeight();
    boolean grey = images.stream().allMatch(i -> i.getRaster().getNumBands() == 1 && !indexed(i));
    int channels = grey ? 1 : 3;
    float[] x = new float[Math.multiplyExact(images.size(), h * w * channels)];
    int at = 0;
    for (BufferedImage image : images) {
      int depth = grey ? (1 << image.getColorModel().getComponentSize(0)) - 1 : 255;
      for (int i = 0; i < h * w; i++) {
        if (grey) {
          // Not getRGB: it applies the gamma of a linear grey colour space.
          x[at++] = image.getRaster().getSample(i % w, i / w, 0) / (float) depth;
        } else {
          int rgb = image.getRGB(i % w, i / w);
          x[at++] = (rgb >> 16 & 0xFF) / 255f;
          x[at++] = (rgb >> 8 & 0xFF) / 255f;
          x[at++] = (rgb & 0xFF) / 255f;
        }
      }
    }
    return HostTensor.of(Shape.of(images.size(), h, w, channels), x);
  }

  private static boolean indexed(BufferedImage image) {
    return image.getColorModel() instanceof java.awt.image.IndexColorModel;
  }
}
