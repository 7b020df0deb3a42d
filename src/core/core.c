/* SPDX-License-Identifier: Apache-2.0 */
extern int room_has_no_file_yet;
