// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A reader of images as stored: every raster sample over the maximum of its depth (8 bits over 255,
 * 16 over 65535), without colour conversion; palette indices become colours; alpha is dropped. An
 * image is grey if its colour space is, or if its palette holds only greys.
 *
 * <p>It rejects ambiguous colour spaces (CMYK, YCCK, profiles other than sRGB), animations, and
 * damage that the JDK's decoders would pad with made-up samples. Like Pillow and torchvision, it
 * does not apply the Exif orientation; {@link Picture#turned} reports it.
 */
public final class Pictures {
  private final Profiles profiles = new Profiles();

  /**
   * Reads one image.
   *
   * @throws DataException if it cannot be read, naming the file
   */
  public Picture read(Path file) {
    try {
      byte[] bytes = WholeFile.readPlain(file);
      PictureHeader header = PictureHeader.of(bytes);
      header.profile().ifPresent(p -> profiles.require(p, header.components()));
      return decode(header, bytes);
    } catch (OutOfMemoryError e) {
      throw new DataException(file + ": does not fit in memory (raise it with -Xmx)");
    } catch (DataException e) {
      String m = e.getMessage();
      throw m.startsWith(file + ":") ? e : new DataException(file + ": " + m, e);
    }
  }

  private static Picture decode(PictureHeader header, byte[] bytes) {
    long samples = 3L * header.width() * header.height();
    if (samples > Elements.MAX_ELEMENTS || 4 * samples > Runtime.getRuntime().maxMemory() / 2) {
      throw new DataException(
          "states %d x %d pixels, more than fit in memory (raise it with -Xmx)"
              .formatted(header.width(), header.height()));
    }
    List<String> warnings = new ArrayList<>();
    ImageReader reader = decoder(header.format());
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
      reader.setInput(in, false, false);
      BufferedImage image = reader.read(0);
      if (!warnings.isEmpty()) {
        throw new DataException("is damaged, says its decoder: " + warnings.get(0));
      }
      if (image.getWidth() != header.width() || image.getHeight() != header.height()) {
        throw new DataException(
            "is damaged: its header states %d x %d pixels, decoded were %d x %d"
                .formatted(header.width(), header.height(), image.getWidth(), image.getHeight()));
      }
      return samples(header, image);
    } catch (DataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders throw both for damaged files.
      throw new DataException("cannot be read as an image: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader decoder(String format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    while (readers.hasNext()) {
      ImageReader r = readers.next();
      // Other readers may be on the class path; results must not depend on them.
      if (r.getClass().getName().startsWith("com.sun.imageio.")) {
        return r;
      }
    }
    throw new DataException(
        "needs a decoder of " + format + ", which this Java lacks (java.desktop)");
  }

  private static Picture samples(PictureHeader header, BufferedImage image) {
    boolean turned = header.orientation() != 1;
    Raster raster = image.getRaster();
    int h = header.height();
    int w = header.width();
    if (image.getColorModel() instanceof IndexColorModel palette) {
      int colours = Math.min(palette.getMapSize(), header.palette());
      boolean grey =
          header.components() == 1 || IntStream.range(0, colours).allMatch(i -> isGrey(palette, i));
      int channels = grey ? 1 : 3;
      float[] out = new float[h * w * channels];
      for (int i = 0; i < h * w; i++) {
        int index = raster.getSample(i % w, i / w, 0);
        if (index >= colours) {
          throw new DataException(
              "is damaged: a pixel has colour %d of a palette of %d".formatted(index, colours));
        }
        out[i * channels] = palette.getRed(index) / 255f;
        if (!grey) {
          out[i * channels + 1] = palette.getGreen(index) / 255f;
          out[i * channels + 2] = palette.getBlue(index) / 255f;
        }
      }
      return new Picture(h, w, channels, out, turned);
    }
    // Alpha is the last of two or four bands. The decoder may have resolved a palette already.
    int channels = raster.getNumBands() < 3 ? 1 : 3;
    if (header.components() != 0 && channels != header.components()) {
      throw new DataException(
          "has %d bands, its header says %d".formatted(raster.getNumBands(), header.components()));
    }
    if (header.components() == 0
        && header.palette() < 1 << raster.getSampleModel().getSampleSize(0)) {
      throw new DataException(
          "has a palette shorter than its depth allows; save it with a whole one");
    }
    float[] out = new float[h * w * channels];
    for (int c = 0; c < channels; c++) {
      float largest = (1L << raster.getSampleModel().getSampleSize(c)) - 1;
      for (int i = 0; i < h * w; i++) {
        out[i * channels + c] = raster.getSample(i % w, i / w, c) / largest;
      }
    }
    return new Picture(h, w, channels, out, turned);
  }

  private static boolean isGrey(IndexColorModel palette, int i) {
    return palette.getRed(i) == palette.getGreen(i) && palette.getGreen(i) == palette.getBlue(i);
  }
}
