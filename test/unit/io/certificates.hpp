#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <string>

#include "support/own_folder.hpp"

// Certificates made on the spot, each its own authority, in a folder that goes away with the test.
namespace weir::test {

class certificate_folder {
 public:
  struct files {
    std::string certificate;
    std::string key;
  };

  // `names` as OpenSSL spells them: "DNS:localhost,IP:127.0.0.1". Times in seconds from now.
  files make(const std::string& stem, const std::string& names, long from, long until) const {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(x), from);
    X509_gmtime_adj(X509_getm_notAfter(x), until);
    X509_set_pubkey(x, key);
    X509_NAME* const subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(stem.c_str()), -1, -1, 0);
    X509_set_issuer_name(x, subject);
    add(x, NID_basic_constraints, "critical,CA:TRUE");
    add(x, NID_subject_alt_name, names);
    EXPECT_GT(X509_sign(x, key, EVP_sha256()), 0);

    const files made{folder_ / (stem + ".crt"), folder_ / (stem + ".key")};
    std::FILE* file = std::fopen(made.certificate.c_str(), "w");
    PEM_write_X509(file, x);
    std::fclose(file);
    file = std::fopen(made.key.c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(x);
    EVP_PKEY_free(key);
    return made;
  }

 private:
  static void add(X509* to, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
    X509_EXTENSION* const e = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    ASSERT_NE(e, nullptr);
    X509_add_ext(to, e, -1);
    X509_EXTENSION_free(e);
  }

  own_folder folder_;
  mutable long serial_ = 0;
};

}  // namespace weir::test
