// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.color.ICC_Profile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Checks of embedded ICC profiles. Samples are used as stored, so profiles under which they mean
 * other colours than under sRGB are rejected. One object serves a folder, whose files mostly share
 * a profile.
 */
final class Profiles {
  /**
   * Tolerance in eight-bit steps: a 2.2 tone curve and differently rounded sRGB profiles stay
   * within it.
   */
  private static final float TOLERANCE = 4 / 255f;

  private static final float[] LEVELS = {0, 0.5f, 1};

  private final Map<ByteBuffer, String> judged = new HashMap<>();

  /**
   * Checks a profile.
   *
   * @param components 1 grey, 3 colour, 0 for a palette of colours
   * @throws DataException if samples under the profile are not what they are under sRGB
   */
  void require(byte[] profile, int components) {
    String problem =
        judged.computeIfAbsent(
            ByteBuffer.wrap(profile), p -> problem(profile, components == 1 ? 1 : 3));
    if (!problem.isEmpty()) {
      throw new DataException(problem);
    }
  }

  private static String problem(byte[] bytes, int components) {
    String convert = "; convert it to sRGB, as with Pillow: ImageCms.profileToProfile";
    try {
      ICC_Profile profile = ICC_Profile.getInstance(bytes);
      String named = "has the colour profile '" + name(profile) + "'";
      ICC_ColorSpace space = new ICC_ColorSpace(profile);
      int type = components == 1 ? ColorSpace.TYPE_GRAY : ColorSpace.TYPE_RGB;
      if (profile.getColorSpaceType() != type) {
        return named + " of another colour space than its samples" + convert;
      }
      float worst = components == 1 ? greys(space) : colours(space);
      // Negated, so that NaN is rejected.
      return !(worst <= TOLERANCE)
          ? named + ", under which its samples are not those of sRGB" + convert
          : "";
    } catch (RuntimeException e) {
      // IllegalArgumentException, ProfileDataException and CMMException.
      return "has a colour profile that cannot be read (" + e.getMessage() + ")" + convert;
    }
  }

  private static float greys(ICC_ColorSpace space) {
    float worst = 0;
    for (float g : LEVELS) {
      for (float c : space.toRGB(new float[] {g})) {
        worst = Math.max(worst, Math.abs(c - g));
      }
    }
    return worst;
  }

  private static float colours(ICC_ColorSpace space) {
    float worst = 0;
    for (int i = 0; i < 27; i++) {
      float[] in = {LEVELS[i / 9], LEVELS[i / 3 % 3], LEVELS[i % 3]};
      float[] out = space.toRGB(in);
      for (int c = 0; c < 3; c++) {
        worst = Math.max(worst, Math.abs(out[c] - in[c]));
      }
    }
    return worst;
  }

  /** Returns the printable ASCII text of the description tag, in its old or new form. */
  private static String name(ICC_Profile profile) {
    byte[] tag = profile.getData(ICC_Profile.icSigProfileDescriptionTag);
    String text = tag == null ? "" : new String(tag, StandardCharsets.ISO_8859_1);
    return text.replaceFirst("^(desc|mluc)", "")
        .replaceAll("[^ -~]", "")
        .replaceFirst("^.?enUS.?", "")
        .strip();
  }
}
