-- AlterTable
ALTER TABLE "orders" ADD COLUMN "total_cents" INTEGER NOT NULL DEFAULT 0;

-- Orders placed so far get theirs.
UPDATE "orders" SET "total_cents" = "items"."total"
FROM (SELECT "order_id", sum("quantity" * "price_cents") AS "total" FROM "order_items" GROUP BY "order_id") AS "items"
WHERE "items"."order_id" = "orders"."id";

-- Keeps the total in step with the order's items.
CREATE FUNCTION "update_order_total"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "orders"
  SET "total_cents" = (SELECT coalesce(sum("quantity" * "price_cents"), 0) FROM "order_items" WHERE "order_id" = coalesce(NEW."order_id", OLD."order_id"))
  WHERE "id" = coalesce(NEW."order_id", OLD."order_id");
  RETURN NULL;
END
$$;

CREATE TRIGGER "order_items_total" AFTER INSERT OR UPDATE OR DELETE ON "order_items"
FOR EACH ROW EXECUTE FUNCTION "update_order_total"();
