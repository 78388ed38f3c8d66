// Pictures through a real server, PostgreSQL and a directory of blobs.
#include <gmock/gmock.h>

#include <fstream>

#include "libs/base/id.h"
#include "libs/image/tests/sample.h"
#include "services/content/adapters/pg_media_store.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kChunk = 1 << 20;

class MediaRpcTest : public ContentRpcTest {
 protected:
  Result<v1::UploadMediaResponse> Send(const std::vector<v1::UploadMediaRequest>& parts) {
    std::size_t next = 0;
    return rpc::Channel("127.0.0.1:" + std::to_string(server_->port()), TokensFile::kEditor)
        .CallClientStream<v1::UploadMediaResponse, v1::UploadMediaRequest>(
            Context::WithTimeout(std::chrono::seconds(60)), [&](v1::UploadMediaRequest& part) -> Result<bool> {
              if (next == parts.size()) return false;
              part = parts[next++];
              return true;
            });
  }

  Result<v1::UploadMediaResponse> Upload(const std::string& data, const std::string& sha256 = "") {
    std::vector<v1::UploadMediaRequest> parts(1);
    parts[0].mutable_info()->set_sha256(sha256);
    for (std::size_t at = 0; at < data.size(); at += kChunk) parts.emplace_back().set_chunk(data.substr(at, kChunk));
    return Send(parts);
  }

  static std::string Jpeg(int width) { return image::SampleJpeg(width, 40); }
};

TEST_F(MediaRpcTest, AnUploadHasVariantsThatAreReadLikePictures) {
  const std::string sent = Jpeg(700);
  const auto stored = Upload(sent, Sha256Hex(sent));
  ASSERT_TRUE(stored) << stored.error().ToString();
  const v1::Media& media = stored->media();
  EXPECT_EQ(media.width(), 700);
  EXPECT_EQ(media.data(), "");
  ASSERT_EQ(media.variants_size(), 4);
  EXPECT_EQ(media.variants(0).content_type(), "image/avif");
  EXPECT_EQ(media.variants(0).width(), 320);
  EXPECT_EQ(media.variants(3).content_type(), "image/jpeg");
  EXPECT_EQ(media.variants(3).width(), 640);

  v1::GetMediaRequest get;
  get.set_media_id(media.media_id());
  const auto whole = Call<v1::GetMediaResponse>(get, TokensFile::kService);
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_EQ(Sha256Hex(whole->media().data()) + ".jpg", media.media_id());
  EXPECT_EQ(whole->media().variants_size(), 4);
  get.set_media_id(media.variants(0).media_id());
  const auto variant = Call<v1::GetMediaResponse>(get, TokensFile::kService);
  ASSERT_TRUE(variant) << variant.error().ToString();
  EXPECT_EQ(Sha256Hex(variant->media().data()) + ".avif", media.variants(0).media_id());

  // The same again is the same, and nothing is written.
  EXPECT_EQ(Upload(sent)->media().SerializeAsString(), media.SerializeAsString());
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.media"), 5);
  v1::BatchGetMediaRequest batch;
  batch.add_media_ids("nothing.png");
  batch.add_media_ids(media.media_id());
  const auto read = Call<v1::BatchGetMediaResponse>(batch, TokensFile::kService);
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->media_size(), 1);
  EXPECT_EQ(read->media(0).variants_size(), 4);
}

TEST_F(MediaRpcTest, RefusesWithFieldAndRule) {
  EXPECT_THAT(Upload("").error().message(), HasSubstr("chunk: must not be empty"));
  EXPECT_THAT(Upload(Jpeg(10), std::string(64, '0')).error().message(), HasSubstr("info.sha256: must be the SHA-256"));
  EXPECT_THAT(Upload("GIF89a, a picture of another kind").error().message(), HasSubstr("chunk: must be a PNG"));
  EXPECT_THAT(Upload(Jpeg(700).substr(0, 500)).error().message(), HasSubstr("chunk: must be a whole picture"));
  EXPECT_EQ(Upload("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\" onload=\"x()\"/>")
                .error()
                .violations()[0]
                .field,
            "chunk");
  const auto too_large = Upload(std::string((25 << 20) + 1, 'x'));
  EXPECT_EQ(too_large.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(too_large.error().message(), HasSubstr("25 MiB"));
  EXPECT_THAT(Send({}).error().message(), HasSubstr("info: must be in the first message"));
  std::vector<v1::UploadMediaRequest> large(2);
  large[0].mutable_info();
  large[1].set_chunk(std::string(kChunk + 1, 'x'));
  EXPECT_THAT(Send(large).error().message(), HasSubstr("at most 1 MiB"));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.media"), 0);
}

TEST_F(MediaRpcTest, WhatDiedBetweenBytesAndRowsIsSweptAndWhatIsKnownStays) {
  const auto stored = Upload(Jpeg(10));
  ASSERT_TRUE(stored) << stored.error().ToString();
  const std::string orphan = Sha256Hex("orphan") + ".jpg";
  ASSERT_TRUE(blobs_->Put(orphan, "orphan"));
  const std::string half = blob_dir_ + "/" + orphan.substr(0, 2) + "/.part-1";
  std::ofstream(half) << "half";
  const Time now = SystemClock().Now();
  EXPECT_EQ(*SweepBlobs(database_.pool(), *blobs_, now - std::chrono::days(1)), 0);  // too young
  EXPECT_TRUE(*blobs_->Has(orphan));
  EXPECT_EQ(*SweepBlobs(database_.pool(), *blobs_, now + std::chrono::days(1)), 1);
  EXPECT_FALSE(*blobs_->Has(orphan));
  EXPECT_FALSE(std::filesystem::exists(half));
  EXPECT_TRUE(*blobs_->Has(stored->media().media_id()));
}

TEST_F(MediaRpcTest, BytesThatWereLostComeBackWithTheSameUpload) {
  const std::string sent = Jpeg(10);
  const auto stored = Upload(sent);
  ASSERT_TRUE(stored) << stored.error().ToString();
  ASSERT_TRUE(blobs_->Remove(stored->media().media_id()));
  EXPECT_EQ(Upload(sent)->media().media_id(), stored->media().media_id());
  EXPECT_TRUE(*blobs_->Has(stored->media().media_id()));
}

TEST_F(MediaRpcTest, BothStoresKeepTheirPromise) {
  PgBlobStore rows(database_.pool(), clock_);
  const std::string id = Sha256Hex("bytes") + ".png";
  const std::string bytes("b\0y\xFFtes", 7);
  for (BlobStore* store : {static_cast<BlobStore*>(&rows), static_cast<BlobStore*>(blobs_.get())}) {
    EXPECT_EQ(store->Get(id).error().code(), Code::kNotFound);
    EXPECT_FALSE(*store->Has(id));
    ASSERT_TRUE(store->Put(id, bytes));
    ASSERT_TRUE(store->Put(id, bytes));
    EXPECT_EQ(*store->Get(id), bytes);
    EXPECT_THAT(*store->ListOld(id.substr(0, 2), SystemClock().Now() + std::chrono::days(400)), ElementsAre(id));
    EXPECT_TRUE(store->ListOld("zz", SystemClock().Now())->empty());
    ASSERT_TRUE(store->Remove(id));
    ASSERT_TRUE(store->Remove(id));
    EXPECT_FALSE(*store->Has(id));
  }
}

TEST_F(MediaRpcTest, PicturesOfTheTimeBeforeBlobsAreRead) {
  ASSERT_TRUE(database_.pool().Write([](pg::Transaction& transaction) {
    return transaction.Query(
        "INSERT INTO content.media (media_id, content_type, width, height, data, created_time) VALUES ('old.png',"
        " 'image/png', 1, 1, '\\x0102', now())");
  }));
  v1::GetMediaRequest get;
  get.set_media_id("old.png");
  const auto read = Call<v1::GetMediaResponse>(get, TokensFile::kService);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->media().data(), "\x01\x02");
}

}  // namespace
}  // namespace kimberlite::content
