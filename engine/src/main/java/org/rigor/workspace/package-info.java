// SPDX-License-Identifier: Apache-2.0
/**
 * Programs on a device. {@link org.rigor.workspace.Workspace} runs the {@link
 * org.rigor.workspace.Passes} over a traced program, binds buffers to its names and compiles it;
 * {@link org.rigor.workspace.Batches} runs them only to see how large values become. No package
 * that builds on this one calls a pass or {@code Device.compile}.
 */
package org.rigor.workspace;
