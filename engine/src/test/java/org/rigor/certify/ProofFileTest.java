// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.Sha256;

class ProofFileTest {
  private static final String DIGEST = Sha256.of(new byte[0]);

  private static Evidence region(double low) {
    Evidence.Leaf leaf = new Evidence.Leaf(List.of(), Map.of(1, new float[] {0, 1, (float) low}));
    return new Evidence(
        new double[] {low},
        new double[] {1},
        Map.of(1, new int[] {0, 1, 2}),
        List.of(new Evidence.Tightening(List.of(), 1, 0, true, List.of(leaf))),
        List.of());
  }

  private static ProofFile proof() {
    return new ProofFile(DIGEST, DIGEST);
  }

  /** Samples are decided in an order that the machine's speed chooses. */
  @Test
  void theOrderOfSamplesLeavesNoTrace() throws IOException {
    ProofFile ascending = proof();
    ascending.add(3, region(0.25));
    ascending.add(3, region(0.5));
    ascending.add(8, region(0.75));
    ascending.add(9, 0.125f);
    ProofFile other = proof();
    other.add(9, 0.125f);
    other.add(8, region(0.75));
    other.add(3, region(0.25));
    other.add(3, region(0.5));
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    other.writeTo(written);
    assertThat(written.toByteArray()).isEqualTo(ascending.bytes());
    ProofFile swapped = proof();
    swapped.add(3, region(0.5));
    swapped.add(3, region(0.25));
    swapped.add(8, region(0.75));
    swapped.add(9, 0.125f);
    assertThat(swapped.bytes()).isNotEqualTo(ascending.bytes());
  }

  @Test
  void endsWithTheDigestOfWhatIsBeforeIt() {
    ProofFile p = proof();
    p.add(region(0.5));
    byte[] all = p.bytes();
    byte[] content = Arrays.copyOf(all, all.length - 32);
    assertThat(Sha256.of(content))
        .isEqualTo(hex(Arrays.copyOfRange(all, content.length, all.length)));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
