// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PicturesTest {
  @TempDir Path folder;

  private Picture read(String name, byte[] bytes) throws IOException {
    return new Pictures().read(Files.write(folder.resolve(name), bytes));
  }

  private Picture png(byte[] bytes) throws IOException {
    return read("i.png", bytes);
  }

  private void refused(String name, byte[] bytes, String reason) {
    assertThatThrownBy(() -> read(name, bytes))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(folder.resolve(name) + ": ")
        .hasMessageContaining(reason);
  }

  /** A linear grey space, as ImageIO's, would give 79 for 20. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "4, 15", "8, 255", "16, 65535"})
  void greyIsItsSampleOverTheLargestAtEveryDepth(int bits, int largest) throws IOException {
    int[] row = {0, 1, largest / 3, largest, largest / 2};
    Picture p = png(PngBytes.of(5, 1, PngBytes.GREY, bits).rows(row));
    assertThat(p.channels()).isEqualTo(1);
    float[] expected = new float[5];
    for (int i = 0; i < 5; i++) {
      expected[i] = row[i] / (float) largest;
    }
    assertThat(p.samples()).containsExactly(expected);
    assertThat(p.colour().samples()).hasSize(15).startsWith(0, 0, 0, expected[1], expected[1]);
  }

  @Test
  void alphaIsLeftOut() throws IOException {
    Picture grey = png(PngBytes.of(2, 1, PngBytes.GREY_ALPHA, 8).rows(new int[] {20, 255, 60, 40}));
    assertThat(grey.channels()).isEqualTo(1);
    assertThat(grey.samples()).containsExactly(20 / 255f, 60 / 255f);
    Picture deep = png(PngBytes.of(1, 1, PngBytes.GREY_ALPHA, 16).rows(new int[] {1000, 0}));
    assertThat(deep.samples()).containsExactly(1000 / 65535f);
    Picture colour = png(PngBytes.of(1, 1, PngBytes.RGB_ALPHA, 8).rows(new int[] {1, 2, 3, 0}));
    assertThat(colour.samples()).containsExactly(1 / 255f, 2 / 255f, 3 / 255f);
    byte[] transparent =
        PngBytes.of(1, 1, PngBytes.GREY, 8).chunk("tRNS", new byte[] {0, 20}).rows(new int[] {20});
    assertThat(png(transparent).samples()).containsExactly(20 / 255f);
  }

  @Test
  void colourOf16BitsKeepsThem() throws IOException {
    Picture p = png(PngBytes.of(1, 1, PngBytes.RGB, 16).rows(new int[] {5217, 60395, 1000}));
    assertThat(p.samples()).containsExactly(5217 / 65535f, 60395 / 65535f, 1000 / 65535f);
  }

  @Test
  void aPaletteGivesItsColoursAndIsGreyIfTheyAre() throws IOException {
    byte[] colours = {0, 0, 0, 20, (byte) 235, 7};
    PngBytes file = PngBytes.of(2, 1, PngBytes.PALETTE, 2).chunk("PLTE", colours);
    assertThat(png(file.rows(new int[] {1, 0})).samples())
        .containsExactly(20 / 255f, 235 / 255f, 7 / 255f, 0, 0, 0);
    byte[] greys = {9, 9, 9, 20, 20, 20};
    Picture grey =
        png(PngBytes.of(2, 1, PngBytes.PALETTE, 1).chunk("PLTE", greys).rows(new int[] {1, 0}));
    assertThat(grey.channels()).isEqualTo(1);
    assertThat(grey.samples()).containsExactly(20 / 255f, 9 / 255f);
    refused(
        "i.png",
        PngBytes.of(1, 1, PngBytes.PALETTE, 2).chunk("PLTE", greys).rows(new int[] {3}),
        "colour 3 of a palette of 2");
  }

  @Test
  void aJpegSegmentShorterThanItsOwnLengthIsRefused() {
    byte[] head = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xE0, 0, 1, 0, 0};
    refused("i.jpg", head, "cut short in its JPEG segment 0xe0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gif", "bmp"})
  void greyImagesOfFormatsWithoutAGreySpaceAreGrey(String format) throws IOException {
    byte[] levels = new byte[256];
    for (int i = 0; i < 256; i++) {
      levels[i] = (byte) (255 - i);
    }
    var palette = new java.awt.image.IndexColorModel(8, 256, levels, levels, levels);
    BufferedImage indexed = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_INDEXED, palette);
    indexed.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {235, 155, 0});
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(indexed, format, out)).isTrue();
    Picture p = read("i." + format, out.toByteArray());
    assertThat(p.channels()).isEqualTo(1);
    assertThat(p.samples()).containsExactly(20 / 255f, 100 / 255f, 1f);
  }

  @Test
  void aGreyJpegGivesTheSamplesOfItsDecoder() throws IOException {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSamples(0, 0, 8, 8, 0, filled(64, 20));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, "jpeg", out)).isTrue();
    Picture p = read("i.jpg", out.toByteArray());
    assertThat(p.channels()).isEqualTo(1);
    // A flat block has a constant term alone, which JPEG rounds by at most a step of quality 75.
    for (float v : p.samples()) {
      assertThat(v * 255).isBetween(19f, 21f);
    }
  }

  @Test
  void inksAreRefusedByName() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("cmyk.jpg")) {
      byte[] cmyk = in.readAllBytes();
      refused("i.jpg", cmyk, "colour space CMYK");
      refused("i.jpg", cmyk, "convert('RGB')");
      int adobe = new String(cmyk, StandardCharsets.ISO_8859_1).indexOf("Adobe");
      cmyk[adobe + 11] = 2;
      refused("i.jpg", cmyk, "colour space YCCK");
    }
  }

  @Test
  void profilesOtherThanSrgbAreRefused() throws IOException {
    byte[] srgb = ICC_Profile.getInstance(ColorSpace.CS_sRGB).getData();
    byte[] linear = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
    byte[] linearGrey = ICC_Profile.getInstance(ColorSpace.CS_GRAY).getData();
    assertThat(png(withProfile(PngBytes.RGB, srgb).rows(new int[] {1, 2, 3})).samples())
        .containsExactly(1 / 255f, 2 / 255f, 3 / 255f);
    refused("i.png", withProfile(PngBytes.RGB, linear).rows(new int[] {1, 2, 3}), "colour profile");
    refused(
        "i.png", withProfile(PngBytes.GREY, linearGrey).rows(new int[] {1}), "convert it to sRGB");
    refused(
        "i.png", withProfile(PngBytes.GREY, srgb).rows(new int[] {1}), "of another colour space");
    refused(
        "i.png", withProfile(PngBytes.GREY, new byte[200]).rows(new int[] {1}), "cannot be read");
  }

  private static PngBytes withProfile(int colour, byte[] profile) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {'p', 0, 0});
    try (DeflaterOutputStream out = new DeflaterOutputStream(body)) {
      out.write(profile);
    }
    return PngBytes.of(1, 1, colour, 8).chunk("iCCP", body.toByteArray());
  }

  @Test
  void anOrientationIsToldAndNotApplied() throws IOException {
    ByteBuffer exif = ByteBuffer.allocate(26);
    exif.put(new byte[] {'M', 'M', 0, 42}).putInt(8).putShort((short) 1);
    exif.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) 6);
    PngBytes file = PngBytes.of(2, 1, PngBytes.GREY, 8).chunk("eXIf", exif.array());
    Picture p = png(file.rows(new int[] {1, 2}));
    assertThat(p.turned()).isTrue();
    assertThat(p.samples()).containsExactly(1 / 255f, 2 / 255f);
  }

  @Test
  void movingPicturesAndDamageAreRefused() throws IOException {
    byte[] valid = PngBytes.of(2, 2, PngBytes.GREY, 8).rows(new int[] {1, 2}, new int[] {3, 4});
    refused("i.png", Arrays.copyOf(valid, valid.length - 20), "cut short");
    byte[] flipped = valid.clone();
    flipped[45] ^= 1;
    refused("i.png", flipped, "CRC-32");
    byte[] short1 = PngBytes.of(2, 2, PngBytes.GREY, 8).rows(new int[] {1, 2});
    refused("i.png", short1, "i.png");
    byte[] moving =
        PngBytes.of(1, 1, PngBytes.GREY, 8).chunk("acTL", new byte[8]).rows(new int[] {1});
    refused("i.png", moving, "animated");
    byte[] huge = PngBytes.of(65_000, 65_000, PngBytes.RGB, 8).rows(new int[] {1});
    refused("i.png", huge, "65000 x 65000 pixels, more than fit");
    refused("i.png", new byte[] {1, 2, 3}, "no image of a known format");
    refused("i.gif", twoFrames(), "animated");
  }

  @Test
  void aJpegCutShortIsRefusedNotFilledUp() throws IOException {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      image.setRGB(i % 64, i / 64, i * 2654435);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "jpeg", out);
    byte[] whole = out.toByteArray();
    assertThat(read("i.jpg", whole).channels()).isEqualTo(3);
    refused("i.jpg", Arrays.copyOf(whole, whole.length / 2), "i.jpg");
  }

  private static byte[] twoFrames() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GIF89a".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {1, 0, 1, 0, (byte) 0x80, 0, 0, 0, 0, 0, -1, -1, -1});
    for (int i = 0; i < 2; i++) {
      out.writeBytes(new byte[] {0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0});
    }
    out.write(0x3B);
    return out.toByteArray();
  }

  private static int[] filled(int n, int value) {
    int[] a = new int[n];
    Arrays.fill(a, value);
    return a;
  }
}
