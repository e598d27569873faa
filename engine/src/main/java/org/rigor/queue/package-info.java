// SPDX-License-Identifier: Apache-2.0
/**
 * How M models work on many items, such as samples, on a device. A {@link
 * org.rigor.queue.DeviceQueue} takes items from the host and hands results back; in between nothing
 * leaves the device. {@link org.rigor.queue.SlotQueue} serves work whose length varies between
 * items, {@link org.rigor.queue.BatchQueue} work that takes one run of a program.
 */
package org.rigor.queue;
