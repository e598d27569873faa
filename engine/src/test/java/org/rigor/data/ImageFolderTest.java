// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.DataException;
import org.rigor.io.PngBytes;
import org.rigor.tensor.Shape;

class ImageFolderTest {
  @TempDir Path root;

  private void grey(String file, int w, int... values) throws IOException {
    BufferedImage image = new BufferedImage(w, values.length / w, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < values.length; i++) {
      image.getRaster().setSample(i % w, i / w, 0, values[i]);
    }
    save(file, image);
  }

  private void save(String file, BufferedImage image) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    assertThat(ImageIO.write(image, "png", path.toFile())).isTrue();
  }

  @Test
  void readsGreyImagesAsTheirBytes() throws IOException {
    grey("cat/b.png", 3, 0, 1, 2, 100, 200, 255);
    grey("cat/a.png", 3, 9, 9, 9, 9, 9, 9);
    grey("dog/z.png", 3, 5, 4, 3, 2, 1, 0);
    Files.writeString(root.resolve("dog/notes.txt"), "not an image");
    DataSet d = UserData.read(root, Box.UNIT, 2);
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(3, 2, 3, 1));
    assertThat(d.labels()).containsExactly(0, 0, 1);
    assertThat(d.inputs().floats()[6 + 3]).isEqualTo(100 / 255f);
    assertThat(d.inputs().floats()[12]).isEqualTo(5 / 255f);
    String before = UserData.sha256(root);
    grey("dog/z.png", 3, 5, 4, 3, 2, 1, 1);
    assertThat(UserData.sha256(root)).hasSize(64).isNotEqualTo(before);
  }

  @Test
  void readsColour() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x102030);
    save("a/1.png", image);
    grey("b/1.png", 1, 255);
    DataSet d = ImageFolder.read(root);
    assertThat(d.inputs().floats()).containsExactly(16 / 255f, 32 / 255f, 48 / 255f, 1f, 1f, 1f);
  }

  /** Whatever stands beside an image, its samples are those of its file. */
  @Test
  void greyAmongColourKeepsItsSamples() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x102030);
    save("a/colour.png", image);
    grey("b/8.png", 1, 20);
    write("b/16.png", PngBytes.of(1, 1, PngBytes.GREY, 16).rows(new int[] {1000}));
    write("b/2.png", PngBytes.of(1, 1, PngBytes.GREY, 2).rows(new int[] {1}));
    write("b/alpha.png", PngBytes.of(1, 1, PngBytes.GREY_ALPHA, 8).rows(new int[] {60, 40}));
    DataSet d = ImageFolder.read(root);
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(5, 1, 1, 3));
    float deep = 1000 / 65535f;
    float few = 1 / 3f;
    float g = 20 / 255f;
    float half = 60 / 255f;
    assertThat(d.inputs().floats())
        .containsExactly(
            16 / 255f, 32 / 255f, 48 / 255f, deep, deep, deep, few, few, few, g, g, g, half, half,
            half);
    assertThat(d.notes())
        .containsExactly("samples of each class: a (1), b (4)", "only one sample of class a");
  }

  @Test
  void greyOfAnyDepthWithOrWithoutAlphaIsOneChannel() throws IOException {
    write("a/2.png", PngBytes.of(1, 1, PngBytes.GREY, 2).rows(new int[] {3}));
    write("b/alpha.png", PngBytes.of(1, 1, PngBytes.GREY_ALPHA, 8).rows(new int[] {60, 40}));
    DataSet d = ImageFolder.read(root);
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(2, 1, 1, 1));
    assertThat(d.inputs().floats()).containsExactly(1, 60 / 255f);
  }

  @Test
  void nothingOfAClassIsLeftOutInSilence() throws IOException {
    grey("a/1.png", 1, 3);
    grey("b/1.png", 1, 3);
    Path foreign = Files.write(root.resolve("b/2.TIFF"), new byte[] {1});
    assertThatThrownBy(() -> ImageFolder.read(root))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("2.TIFF: is an image of a kind that is not read");
    Files.delete(foreign);
    grey("b/more/1.png", 1, 3);
    assertThatThrownBy(() -> ImageFolder.read(root)).hasMessageContaining("folder inside a class");
  }

  private void write(String file, byte[] bytes) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.write(path, bytes);
  }

  @Test
  void putsChannelsFirst() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x102030);
    image.setRGB(1, 0, 0x405060);
    save("a/1.png", image);
    grey("b/1.png", 2, 255, 255);
    DataSet d = ImageFolder.channelsFirst(ImageFolder.read(root));
    assertThat(d.inputs().shape()).isEqualTo(Shape.of(2, 3, 1, 2));
    assertThat(d.inputs().floats())
        .startsWith(16 / 255f, 64 / 255f, 32 / 255f, 80 / 255f, 48 / 255f, 96 / 255f)
        .endsWith(1f, 1f, 1f, 1f, 1f, 1f);
  }

  @Test
  void namesWhatIsWrong() throws IOException {
    grey("a/1.png", 1, 3);
    assertThatThrownBy(() -> ImageFolder.read(root))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("at least 2 classes, got 1");
    Files.createDirectories(root.resolve("b"));
    assertThatThrownBy(() -> ImageFolder.read(root)).hasMessageContaining("has no image");
    grey("b/1.png", 2, 3, 4);
    assertThatThrownBy(() -> ImageFolder.read(root)).hasMessageContaining("2 x 1 pixels");
    Files.write(root.resolve("b/1.png"), new byte[] {1, 2, 3});
    assertThatThrownBy(() -> ImageFolder.read(root)).hasMessageContaining("no image of a known");
    grey("b/1.png", 1, 3);
    assertThatThrownBy(() -> UserData.read(root, new Box(-1, 1), 2))
        .hasMessageContaining("lie in [0.0, 1.0], a box of [-1.0, 1.0] was asked");
    assertThatThrownBy(() -> UserData.read(root, Box.UNIT, 10))
        .hasMessageContaining("has 2 classes, the network 10");
  }
}
