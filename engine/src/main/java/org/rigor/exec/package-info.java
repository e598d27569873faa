// SPDX-License-Identifier: Apache-2.0
/**
 * Devices, their memory and what runs on them. This package knows no operations. To add a device:
 * implement {@link org.rigor.exec.DeviceProvider} in a new package and register it with
 * ServiceLoader. The plan of a program, in {@code plan}, is the same for every device.
 */
package org.rigor.exec;
