// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/** Chooses the provider of matrix products. */
public final class Gemms {
  private static final String MODULE_FLAG = "--add-modules jdk.incubator.vector";

  private Gemms() {}

  /**
   * A provider and, in one line, why it was chosen.
   *
   * @param gemm the provider
   * @param reason for the user: what was chosen and why
   */
  public record Choice(Gemm gemm, String reason) {}

  /**
   * Opens a provider.
   *
   * @param name {@code auto}, {@code vector}, {@code scalar} or {@code ejml}; {@code auto} takes
   *     vector code where its module is present, else scalar code, and says so
   * @throws IllegalArgumentException if the name is none of these
   * @throws IllegalStateException if {@code vector} is asked for and its module is absent
   */
  public static Choice open(String name) {
    return switch (name) {
      case "scalar" -> new Choice(ScalarGemm.INSTANCE, "gemm: scalar, as asked for");
      case "ejml" -> new Choice(new EjmlGemm(), "gemm: ejml, as asked for");
      case "vector" ->
          VectorGemm.open()
              .map(g -> new Choice(g, "gemm: " + g.name() + ", as asked for"))
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          "gemm: vector was asked for, but the JVM has no jdk.incubator.vector"
                              + " module with vectors of 128 bits; start it with "
                              + MODULE_FLAG));
      case "auto" ->
          VectorGemm.open()
              .map(g -> new Choice(g, "gemm: " + g.name()))
              .orElseGet(
                  () ->
                      new Choice(
                          ScalarGemm.INSTANCE,
                          "gemm: scalar, several times slower, because the JVM was started without "
                              + MODULE_FLAG));
      default ->
          throw new IllegalArgumentException(
              "gemm: provider must be auto, vector, scalar or ejml; got " + name);
    };
  }
}
