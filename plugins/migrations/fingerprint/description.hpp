// SPDX-License-Identifier: Apache-2.0
//
// Description: a database's catalog in canonical form, as a sorted list of items, and its hash, the fingerprint. What
// counts and what does not stands in docs/fingerprint.md. Plain value: any thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::migrations::fingerprint {

/// The kind of the items that hold the order of a relation's columns, one each: "id, name, total".
inline constexpr std::string_view kColumnOrder = "column order";

struct Item {
  std::string kind;        ///< "table", "column", "index", …
  std::string part_of;     ///< the relation or domain it belongs to, qualified and quoted; empty: it stands for itself
  std::string name;        ///< quoted; qualified when it stands for itself
  std::string definition;  ///< a property a line, "type: integer" or "not null"; further lines of a value begin with a tab
  bool operator==(const Item&) const = default;
  /// "public.orders" or "public.orders.total".
  [[nodiscard]] std::string identity() const { return part_of.empty() ? name : part_of + "." + name; }
};

/// A property of a definition; the value is empty for one that is there or not ("not null").
struct Property {
  std::string name, value;
};
std::vector<Property> properties_of(const Item& item);

class Description {
 public:
  Description() : Description(0, {}, {}) {}
  /// Sorts the items.
  Description(int server_version, std::vector<Item> items, std::vector<std::string> remarks);

  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  /// What could not be seen, each by name; empty: all of it was.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
  [[nodiscard]] int server_version() const { return server_version_; }
  /// SHA-256 of everything, 64 hexadecimal digits. Equal: the schemas are.
  [[nodiscard]] const std::string& hash() const { return hash_; }
  /// The same without the order of columns. Equal: the schemas are, but for that order.
  [[nodiscard]] const std::string& hash_but_column_order() const { return hash_but_column_order_; }

  /// One line of JSON to keep: definitions that occur often are written once.
  [[nodiscard]] std::string stored() const;
  /// Back from it; an error when it is none, or one whose hash does not fit.
  static sdk::Result<Description> read(std::string_view stored);

 private:
  int server_version_ = 0;
  std::vector<Item> items_;
  std::vector<std::string> remarks_;
  std::string hash_, hash_but_column_order_;
};

}  // namespace tidegate::migrations::fingerprint
