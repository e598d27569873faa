// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Hunts a reader with damaged files: each must be refused as data or be read for what it is. An
 * input depends on its number alone, so a failure names all that is needed to see it again.
 *
 * <p>{@code -Drigor.hunt.files=5000} hunts every reader with that many inputs.
 */
public final class FileHunt {
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private FileHunt() {}

  /** Makes the input of a round. */
  @FunctionalInterface
  public interface Inputs {
    byte[] of(int round);
  }

  /** Reads one input. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Returns whether what was read was also compared with another implementation.
     *
     * @throws DataException if the input is refused
     * @throws AssertionError if the input is read for something else than it is
     */
    boolean read(byte[] input, int round) throws Exception;
  }

  /** What became of the inputs. */
  public record Tally(String format, int refused, int read, int compared) {
    @Override
    public String toString() {
      return "%s: %d inputs, %d refused, %d read, %d of them compared; no internal error"
          .formatted(format, refused + read, refused, read, compared);
    }
  }

  /**
   * Reads inputs until a few, or as many as the property says, are through, and prints the tally.
   *
   * @param name the file's name, which each refusal must contain
   */
  public static Tally run(String format, String name, int few, Inputs inputs, Reader reader) {
    int rounds = Integer.getInteger("rigor.hunt.files", few);
    int refused = 0;
    int compared = 0;
    for (int round = 0; round < rounds; round++) {
      byte[] input = inputs.of(round);
      try {
        compared += reader.read(input, round) ? 1 : 0;
      } catch (DataException e) {
        assertThat(e.getMessage()).as("%s, round %d", format, round).contains(name);
        refused++;
      } catch (Exception | Error e) {
        throw new AssertionError("%s, round %d: %s".formatted(format, round, e), e);
      }
    }
    Tally tally = new Tally(format, refused, rounds - refused, compared);
    System.out.println(tally);
    return tally;
  }

  /** One of the valid files with one to four faults; each round takes another. */
  public static byte[] damaged(List<byte[]> valid, int round) {
    Random r = random(round);
    byte[] bytes = valid.get(r.nextInt(valid.size())).clone();
    for (int faults = 1 + r.nextInt(4); faults > 0 && bytes.length > 0; faults--) {
      bytes = fault(bytes, r);
    }
    return bytes;
  }

  /** Random numbers of a round; neighbouring rounds share none. */
  public static Random random(int round) {
    return new Random(round * 0x9E3779B97F4A7C15L + 1);
  }

  private static byte[] fault(byte[] b, Random r) {
    int at = r.nextInt(b.length);
    int n = Math.min(b.length - at, 1 + r.nextInt(16));
    switch (r.nextInt(8)) {
      case 0 -> b[at] ^= (byte) (1 << r.nextInt(8));
      case 1 -> b[at] = (byte) r.nextInt();
      case 2 -> b[at] += (byte) (r.nextBoolean() ? 1 : -1);
      case 3 -> extreme(b, at, r);
      case 4 -> b = spliced(b, at, at + n, new byte[0]);
      case 5 -> b = spliced(b, at, at, Arrays.copyOfRange(b, at, at + n));
      case 6 -> {
        byte[] noise = new byte[n];
        r.nextBytes(noise);
        b = spliced(b, at, r.nextBoolean() ? at : at + n, noise);
      }
      default -> b = Arrays.copyOf(b, at);
    }
    return b;
  }

  /** Overwrites a field of 1, 2, 4 or 8 bytes with a number at the edge of some type. */
  private static void extreme(byte[] b, int at, Random r) {
    byte[] number = new byte[Long.BYTES];
    ByteOrder order = r.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    ByteBuffer.wrap(number).order(order).putLong(EXTREMES[r.nextInt(EXTREMES.length)]);
    int width = Math.min(1 << r.nextInt(4), b.length - at);
    int from = order == ByteOrder.LITTLE_ENDIAN ? 0 : Long.BYTES - width;
    System.arraycopy(number, from, b, at, width);
  }

  /** Bytes from..to replaced. */
  private static byte[] spliced(byte[] b, int from, int to, byte[] with) {
    byte[] out = Arrays.copyOf(b, b.length - (to - from) + with.length);
    System.arraycopy(with, 0, out, from, with.length);
    System.arraycopy(b, to, out, from + with.length, b.length - to);
    return out;
  }
}
