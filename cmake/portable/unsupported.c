/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers for what Debian's archives of libpq and libcurl want of libraries that a portable build leaves out: Kerberos
 * (there is no archive of it), LDAP, RTMP and SSH. "Not supported" is what each says that can be asked at all; what can be
 * reached only behind one of these ends the process, which would be a mistake of ours.
 */
#include <stdlib.h>

#define GSS_S_FAILURE (13UL << 16)

/* libpq asks for Kerberos credentials in front of each connection by TCP, and goes on without. libcurl: only when told to. */
#define FAILS(name) \
  unsigned name(void); \
  unsigned name(void) { return GSS_S_FAILURE; }
#define WORKS(name) \
  unsigned long name(void); \
  unsigned long name(void) { return 0; }
#define NEVER(name) \
  void name(void); \
  void name(void) { abort(); }

void *GSS_C_NT_HOSTBASED_SERVICE = NULL;
FAILS(gss_acquire_cred) FAILS(gss_display_name) FAILS(gss_display_status) FAILS(gss_import_name) FAILS(gss_init_sec_context)
FAILS(gss_inquire_context) FAILS(gss_unwrap) FAILS(gss_wrap) FAILS(gss_wrap_size_limit)
WORKS(gss_delete_sec_context) WORKS(gss_release_buffer) WORKS(gss_release_cred) WORKS(gss_release_name)

/* libpq: a service whose definition is in a directory (ldap:// in pg_service.conf) cannot be looked up. */
WORKS(ldap_init)
const char *ldap_err2string(int number);
const char *ldap_err2string(int number) {
  (void)number;
  return "LDAP is not supported by this build";
}
/* libcurl, which is held to http and https; ldap_get_option when it lists its versions. */
WORKS(ldap_get_option) WORKS(ldap_set_option)
NEVER(ber_bvfree) NEVER(ber_free) NEVER(ber_memfree) NEVER(ber_memvfree) NEVER(ber_sockbuf_add_io) NEVER(ldap_abandon_ext)
NEVER(ldap_count_entries) NEVER(ldap_first_entry) NEVER(ldap_free_urldesc) NEVER(ldap_get_attribute_ber) NEVER(ldap_get_dn_ber)
NEVER(ldap_get_values_len) NEVER(ldap_init_fd) NEVER(ldap_memfree) NEVER(ldap_msgfree) NEVER(ldap_msgtype) NEVER(ldap_parse_result)
NEVER(ldap_parse_sasl_bind_result) NEVER(ldap_pvt_url_scheme2proto) NEVER(ldap_result) NEVER(ldap_sasl_bind) NEVER(ldap_search_ext)
NEVER(ldap_search_st) NEVER(ldap_simple_bind) NEVER(ldap_start_tls) NEVER(ldap_unbind) NEVER(ldap_unbind_ext) NEVER(ldap_url_parse)
NEVER(ldap_value_free_len)

NEVER(RTMP_Alloc) NEVER(RTMP_Close) NEVER(RTMP_Connect1) NEVER(RTMP_ConnectStream) NEVER(RTMP_Free) NEVER(RTMP_Init) NEVER(RTMP_Read)
NEVER(RTMP_SetBufferMS) NEVER(RTMP_SetupURL) NEVER(RTMP_Write)

/* Part of libcurl's own beginning and end. */
WORKS(libssh2_init) WORKS(libssh2_exit)
const char *libssh2_version(int required);
const char *libssh2_version(int required) {
  (void)required;
  return "none";
}
NEVER(libssh2_agent_connect) NEVER(libssh2_agent_disconnect) NEVER(libssh2_agent_free) NEVER(libssh2_agent_get_identity)
NEVER(libssh2_agent_init) NEVER(libssh2_agent_list_identities) NEVER(libssh2_agent_userauth) NEVER(libssh2_channel_free)
NEVER(libssh2_channel_read_ex) NEVER(libssh2_channel_send_eof) NEVER(libssh2_channel_wait_closed) NEVER(libssh2_channel_wait_eof)
NEVER(libssh2_channel_write_ex) NEVER(libssh2_hostkey_hash) NEVER(libssh2_knownhost_add) NEVER(libssh2_knownhost_checkp)
NEVER(libssh2_knownhost_del) NEVER(libssh2_knownhost_free) NEVER(libssh2_knownhost_get) NEVER(libssh2_knownhost_init)
NEVER(libssh2_knownhost_readfile) NEVER(libssh2_knownhost_writefile) NEVER(libssh2_scp_recv2) NEVER(libssh2_scp_send64)
NEVER(libssh2_session_abstract) NEVER(libssh2_session_block_directions) NEVER(libssh2_session_callback_set)
NEVER(libssh2_session_disconnect_ex) NEVER(libssh2_session_flag) NEVER(libssh2_session_free) NEVER(libssh2_session_handshake)
NEVER(libssh2_session_hostkey) NEVER(libssh2_session_init_ex) NEVER(libssh2_session_last_errno) NEVER(libssh2_session_last_error)
NEVER(libssh2_session_method_pref) NEVER(libssh2_session_set_blocking) NEVER(libssh2_sftp_close_handle) NEVER(libssh2_sftp_init)
NEVER(libssh2_sftp_last_error) NEVER(libssh2_sftp_mkdir_ex) NEVER(libssh2_sftp_open_ex) NEVER(libssh2_sftp_read)
NEVER(libssh2_sftp_readdir_ex) NEVER(libssh2_sftp_rename_ex) NEVER(libssh2_sftp_rmdir_ex) NEVER(libssh2_sftp_seek64)
NEVER(libssh2_sftp_shutdown) NEVER(libssh2_sftp_stat_ex) NEVER(libssh2_sftp_statvfs) NEVER(libssh2_sftp_symlink_ex)
NEVER(libssh2_sftp_unlink_ex) NEVER(libssh2_sftp_write) NEVER(libssh2_userauth_authenticated)
NEVER(libssh2_userauth_keyboard_interactive_ex) NEVER(libssh2_userauth_list) NEVER(libssh2_userauth_password_ex)
NEVER(libssh2_userauth_publickey_fromfile_ex)
