// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

/**
 * One implementation of the work of a comparison.
 *
 * @param name library and threads
 * @param run does the work once
 */
public record Contender(String name, Runnable run) {}
